using System.Text;
using Sigrun.Configuration;
using Sigrun.Storage;
using Sigrun.Types;
using ValueType = Sigrun.Types.ValueType;

namespace Sigrun.Persistence;

/// <summary>What a parser was doing when it failed.</summary>
internal enum RdbStep : byte
{
    /// <summary>The header.</summary>
    Start,

    /// <summary>The byte that says what comes.</summary>
    Type,

    /// <summary>A time of expiry.</summary>
    Expiry,

    /// <summary>A key.</summary>
    Key,

    /// <summary>A value.</summary>
    Value,

    /// <summary>The checksum.</summary>
    Checksum,

    /// <summary>A number of databases or keys.</summary>
    Length,

    /// <summary>A fact about the file.</summary>
    Aux,

    /// <summary>Data of a module beside its keys.</summary>
    ModuleAux,

    /// <summary>A library of functions.</summary>
    Functions,
}

/// <summary>What stands in front of a key.</summary>
internal struct RdbKeyFacts
{
    /// <summary>When it expires, in milliseconds since 1970; −1 when it does not.</summary>
    public long ExpiryMs;

    /// <summary>Seconds since it was used; −1 when not told.</summary>
    public long IdleSeconds;

    /// <summary>How often it was used; −1 when not told.</summary>
    public int Frequency;

    /// <summary>Nothing told.</summary>
    public static RdbKeyFacts None => new() { ExpiryMs = -1, IdleSeconds = -1, Frequency = -1 };
}

/// <summary>Gets what a parser finds; may throw an <see cref="RdbFormatException"/> to end it.</summary>
internal interface IRdbFileHandler
{
    /// <summary>The version was read; refuses it by an exception.</summary>
    void OnVersion(int version, bool isForeign);

    /// <summary>A fact about the file.</summary>
    void OnAux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>The database of the keys that follow.</summary>
    void OnDatabase(ulong index);

    /// <summary>How many keys the file says to come for that database, and how many of them expire, with so many bytes of the file to read.</summary>
    void OnSizes(ulong keys, ulong expiring, long remaining);

    /// <summary>A library of functions, as its source text.</summary>
    void OnFunctions(ReadOnlySpan<byte> library);

    /// <summary>Data of a module beside its keys.</summary>
    void OnModuleAux(string module);

    /// <summary>A key with its value; the entry belongs to the handler.</summary>
    void OnEntry(EntryRef entry, in RdbKeyFacts facts);

    /// <summary>A key that has no value: it is empty in the file, or all of it has expired.</summary>
    void OnNothing(ReadOnlySpan<byte> key, bool isEmpty);

    /// <summary>A module's value.</summary>
    /// <returns>Whether to go on without it.</returns>
    bool OnModuleValue(ReadOnlySpan<byte> key, string module);

    /// <summary>What to say of a byte that stands for nothing.</summary>
    RdbUnsupportedException RefuseType(byte type, bool isForeign);

    /// <summary>The checksum that the file has, 0 for none, and the one it should have.</summary>
    void OnChecksum(ulong stored, ulong computed);

    /// <summary>Between two keys; false to give up.</summary>
    bool OnProgress(long offset);
}

/// <summary>Reads a snapshot file of any version and family, for whoever wants to know what it says.</summary>
/// <remarks>After an exception its properties tell where it was.</remarks>
internal sealed class RdbFileParser(RdbWindow window, Heap heap, EngineSettings settings, IRdbFileHandler handler)
{
    private const int HeaderBytes = 9;
    private const int MagicBytes = 6;
    private const int ChecksumSince = 5;
    private const ulong UnsignedInteger = 2;

    private readonly ScratchBuffer _scratch = new();
    private byte[] _key = new byte[256];
    private int _keyLength;
    private bool _isForeign;

    /// <summary>The time that fields expire by, in milliseconds since 1970.</summary>
    public long NowMs { get; init; }

    /// <summary>Whether fields that have expired are left out.</summary>
    public bool DropsExpired { get; init; }

    /// <summary>The file's version.</summary>
    public int Version { get; private set; }

    /// <summary>Bytes read.</summary>
    public long Offset { get; private set; }

    /// <summary>Values, and parts of such, that were read, and checked, in compact forms.</summary>
    public long PackedRead { get; private set; }

    /// <summary>Keys read, the one included whose value cannot be.</summary>
    public long Keys { get; private set; }

    /// <summary>What was read last.</summary>
    public RdbStep Step { get; private set; }

    /// <summary>The byte in front of the value that is being read; −1 between values.</summary>
    public int Type { get; private set; } = -1;

    /// <summary>The key that is being read; empty between keys.</summary>
    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    /// <summary>Reads to the end; false when the handler gave up.</summary>
    /// <exception cref="RdbFormatException">The file cannot be read, or the handler refuses something.</exception>
    public bool Parse()
    {
        var reader = new RdbReader(window, _scratch);
        try
        {
            ReadHeader(ref reader);
            return ReadBody(ref reader);
        }
        finally
        {
            Offset = reader.Offset;
        }
    }

    private void ReadHeader(ref RdbReader reader)
    {
        ReadOnlySpan<byte> header = reader.ReadBytes(HeaderBytes);
        _isForeign = header.StartsWith("REDIS0"u8);
        if (!_isForeign && !header.StartsWith(RdbFormat.Magic))
            throw new RdbUnsupportedException("Wrong signature trying to load DB from file: " + Encoding.Latin1.GetString(header));
        foreach (byte digit in header[MagicBytes..])
        {
            if (!char.IsAsciiDigit((char)digit)) break;
            Version = Version * 10 + digit - '0';
        }
        Offset = reader.Offset;
        handler.OnVersion(Version, _isForeign);
    }

    private bool ReadBody(ref RdbReader reader)
    {
        RdbKeyFacts facts = RdbKeyFacts.None;
        for (; ; )
        {
            Step = RdbStep.Type;
            byte type = reader.ReadByte();
            if (type == (byte)RdbOpcode.EndOfFile) break;
            if (ReadFact(type, ref reader, ref facts) || ReadOther(type, ref reader)) continue;
            ReadKey(type, ref reader, facts);
            facts = RdbKeyFacts.None;
            if (!handler.OnProgress(reader.Offset)) return false;
        }
        if (Version < ChecksumSince) return true;
        Step = RdbStep.Checksum;
        ulong computed = reader.Checksum;
        ulong stored = (ulong)reader.ReadInt64();
        Offset = reader.Offset;
        handler.OnChecksum(stored, computed);
        return true;
    }

    /// <summary>Reads what belongs to the next key; false when it is something else.</summary>
    private bool ReadFact(byte type, ref RdbReader reader, ref RdbKeyFacts facts)
    {
        switch ((RdbOpcode)type)
        {
            case RdbOpcode.ExpiryMilliseconds:
                Step = RdbStep.Expiry;
                facts.ExpiryMs = reader.ReadInt64();
                return true;
            case RdbOpcode.ExpirySeconds:
                Step = RdbStep.Expiry;
                facts.ExpiryMs = reader.ReadInt32() * 1000L;
                return true;
            case RdbOpcode.Frequency:
                facts.Frequency = reader.ReadByte();
                return true;
            case RdbOpcode.Idle:
                facts.IdleSeconds = (long)Math.Min(reader.ReadLength(), long.MaxValue);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Reads what is no key; false when a key comes.</summary>
    private bool ReadOther(byte type, ref RdbReader reader)
    {
        switch ((RdbOpcode)type)
        {
            case RdbOpcode.SelectDatabase:
                Step = RdbStep.Length;
                ulong database = reader.ReadLength();
                Offset = reader.Offset;
                handler.OnDatabase(database);
                return true;
            case RdbOpcode.ResizeDatabase:
                Step = RdbStep.Length;
                ulong keys = reader.ReadLength();
                handler.OnSizes(keys, reader.ReadLength(), reader.Remaining);
                return true;
            case RdbOpcode.Aux:
                Step = RdbStep.Aux;
                ReadOnlySpan<byte> name = reader.ReadString();
                ReadOnlySpan<byte> value = reader.ReadSecondString();
                Offset = reader.Offset;
                handler.OnAux(name, value);
                return true;
            case RdbOpcode.ModuleAux:
                ReadModuleAux(ref reader);
                return true;
            case RdbOpcode.Function2:
                Step = RdbStep.Functions;
                handler.OnFunctions(reader.ReadString());
                return true;
            case RdbOpcode.FunctionPreRelease:
                throw new RdbUnsupportedException("Pre-release function format not supported.");
            case RdbOpcode.SlotInfo:
                for (int i = 0; i < 3; i++) reader.ReadLength();
                return true;
            case RdbOpcode.SlotImport when !_isForeign:
                throw new RdbUnsupportedException("The RDB file was saved while slots were imported, which this server cannot go on with");
            default:
                return false;
        }
    }

    private void ReadModuleAux(ref RdbReader reader)
    {
        Step = RdbStep.ModuleAux;
        string module = RdbModuleValue.NameOf(reader.ReadLength());
        ulong kind = reader.ReadLength();
        reader.ReadLength();
        if (kind != UnsignedInteger) throw new RdbFormatException("bad when_opcode");
        RdbModuleValue.Skip(ref reader, module);
        Offset = reader.Offset;
        handler.OnModuleAux(module);
    }

    private void ReadKey(byte type, ref RdbReader reader, in RdbKeyFacts facts)
    {
        if (!RdbFormat.TryGetType(type, _isForeign, out RdbType form)) throw handler.RefuseType(type, _isForeign);
        Type = type;
        Step = RdbStep.Key;
        KeepKey(reader.ReadString());
        Keys++;
        Step = RdbStep.Value;
        if (form == RdbType.Module2) ReadModuleValue(ref reader);
        else if (form == RdbType.ModulePreRelease) throw new RdbUnsupportedException("Pre-release module format not supported");
        else ReadValue(form, ref reader, facts);
        Type = -1;
        _keyLength = 0;
    }

    private void ReadModuleValue(ref RdbReader reader)
    {
        string module = RdbModuleValue.NameOf(reader.ReadLength());
        if (!handler.OnModuleValue(Key, module))
        {
            throw new RdbUnsupportedException($"The RDB file contains module data I can't load: no matching module type '{module}'"
                + $" (key '{Encoding.UTF8.GetString(Key)}'). With rdb-skip-module-keys the file is loaded without such keys.");
        }
        RdbModuleValue.Skip(ref reader, module);
    }

    private void ReadValue(RdbType form, ref RdbReader reader, in RdbKeyFacts facts)
    {
        ValueType type = ValueTypes.Of(form)!;
        var target = new LoadTarget(heap, settings, NowMs, Key, facts.ExpiryMs < 0 ? KeyEntry.NoExpiry : facts.ExpiryMs)
        {
            DropsExpired = DropsExpired,
        };
        try
        {
            long before = reader.PackedRead;
            type.Load(form, ref reader, ref target);
            PackedRead += reader.PackedRead - before;
        }
        catch (RdbEmptyException)
        {
            target.Discard();
            handler.OnNothing(Key, isEmpty: true);
            return;
        }
        catch
        {
            target.Discard();
            throw;
        }
        if (target.IsSpent) handler.OnNothing(Key, isEmpty: false);
        else handler.OnEntry(target.Entry, facts);
    }

    private void KeepKey(ReadOnlySpan<byte> key)
    {
        if (_key.Length < key.Length) _key = new byte[key.Length];
        key.CopyTo(_key);
        _keyLength = key.Length;
    }
}
