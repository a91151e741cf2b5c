using System.Globalization;
using System.Text;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Snapshots;
using Sigrun.Types;
using ValueType = Sigrun.Types.ValueType;

namespace Sigrun.Persistence;

/// <summary>What the next keys tell about how they were used.</summary>
internal enum RdbUse : byte
{
    /// <summary>Nothing: no policy of eviction asks for it.</summary>
    None,

    /// <summary>For how long they were not.</summary>
    Idle,

    /// <summary>How often they were.</summary>
    Frequency,
}

/// <summary>What a file says and how, fixed when saving begins: settings that change meanwhile do not matter.</summary>
internal sealed record RdbSaveJob
{
    /// <summary>The version whose readers shall understand the file.</summary>
    public int Version { get; init; } = RdbFormat.Version;

    /// <summary>Whether long strings are compressed.</summary>
    public bool Compresses { get; init; } = true;

    /// <summary>Whether there is a checksum at the end.</summary>
    public bool Sums { get; init; } = true;

    /// <summary>Whether the disk begins with its work early.</summary>
    public bool SyncsEarly { get; init; } = true;

    /// <summary>Pause per key in microseconds, for tests.</summary>
    public int DelayMicros { get; init; }

    /// <summary>What is told about the use of keys.</summary>
    public RdbUse Use { get; init; }

    /// <summary>The clock of entries' access bits.</summary>
    public required AccessClock Clock { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long CreatedSeconds { get; init; }

    /// <summary>Bytes of memory in use.</summary>
    public long UsedMemory { get; init; }

    /// <summary>Whether commands follow in another file.</summary>
    public bool IsAofBase { get; init; }

    /// <summary>Tells whoever writes that it need not go on.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Asked before a new file takes the place of the old one; null for yes.</summary>
    public Func<bool>? MayCommit { get; init; }

    /// <summary>Libraries of functions, each as its source text.</summary>
    public IReadOnlyList<byte[]> Functions { get; init; } = [];
}

/// <summary>Writes a whole snapshot: header, facts, functions, keys, end.</summary>
/// <remarks>
/// Knows neither files nor where keys come from, so that a file, a stream to a replica, and a thread that walks a
/// snapshot have this one writer. Keys may come in any order; a change of the database is noted as it happens.
/// </remarks>
internal sealed class RdbEncoder(RdbWriter writer, RdbSaveJob job)
{
    private readonly HashSet<int> _announced = [];
    private int _database = -1;
    private RequestedDelay _delay;

    /// <summary>Keys written so far.</summary>
    public long Keys { get; private set; }

    /// <summary>Writes what comes before the keys.</summary>
    public void Begin()
    {
        writer.Version = job.Version;
        writer.Compresses = job.Compresses;
        bool isLegacy = job.Version <= RdbFormat.ForeignVersionMax;
        writer.WriteRaw(isLegacy ? RdbFormat.LegacyMagic : RdbFormat.Magic);
        writer.WriteRaw(Encoding.ASCII.GetBytes(job.Version.ToString(isLegacy ? "D4" : "D3", CultureInfo.InvariantCulture)));
        WriteAux("valkey-ver"u8, ServerIdentity.ValkeyVersion);
        WriteAux("redis-bits"u8, 64);
        WriteAux("ctime"u8, job.CreatedSeconds);
        WriteAux("used-mem"u8, job.UsedMemory);
        WriteAux("aof-base"u8, job.IsAofBase ? 1 : 0);
        foreach (byte[] library in job.Functions)
        {
            writer.WriteByte((byte)RdbOpcode.Function2);
            writer.WriteString(library);
        }
    }

    /// <summary>Writes all keys.</summary>
    /// <exception cref="RdbUnsupportedException">The version has no form for a value.</exception>
    public void WriteAll(IRdbRecords records)
    {
        while (records.TryNext(out int database, out EntryRef entry))
        {
            if (database != _database) SelectDatabase(database, records);
            Write(entry, records.Pieces);
            _delay.Wait(job.DelayMicros, job.Cancellation);
        }
    }

    /// <summary>Why a value cannot be written.</summary>
    public static string Refusal(EntryRef entry, int database, int version) =>
        $"Can't store key '{Encoding.UTF8.GetString(entry.Key)}' (db {database}) in RDB version {version}";

    /// <summary>Writes what comes behind the keys, all but the checksum.</summary>
    public void End() => writer.WriteByte((byte)RdbOpcode.EndOfFile);

    private void SelectDatabase(int database, IRdbRecords records)
    {
        _database = database;
        writer.WriteByte((byte)RdbOpcode.SelectDatabase);
        writer.WriteLength((ulong)database);
        if (!_announced.Add(database)) return;
        (long keys, long expiring) = records.Sizes(database);
        writer.WriteByte((byte)RdbOpcode.ResizeDatabase);
        writer.WriteLength((ulong)keys);
        writer.WriteLength((ulong)expiring);
    }

    private void Write(EntryRef entry, SnapshotReader? pieces)
    {
        ValueType type = ValueTypes.Of(entry.Type);
        RdbType form = pieces is null ? type.SavedAs(entry, job.Version) : RdbPieces.FormOf(entry.Type, pieces.HasFieldExpiry, job.Version);
        if (!RdbFormat.IsKnownTo(form, job.Version)) throw Unsupported(entry);
        if (entry.HasExpiry)
        {
            writer.WriteByte((byte)RdbOpcode.ExpiryMilliseconds);
            writer.WriteUInt64((ulong)entry.ExpiryMs);
        }
        if (job.Use == RdbUse.Idle)
        {
            writer.WriteByte((byte)RdbOpcode.Idle);
            writer.WriteLength(job.Clock.IdleSeconds(entry.Lru));
        }
        else if (job.Use == RdbUse.Frequency)
        {
            writer.WriteByte((byte)RdbOpcode.Frequency);
            writer.WriteByte(job.Clock.Frequency(entry.Lru));
        }
        writer.WriteType(form);
        writer.WriteString(entry.Key);
        if (pieces is null) type.Save(entry, writer);
        else RdbPieces.Write(pieces, writer);
        Keys++;
    }

    private RdbUnsupportedException Unsupported(EntryRef entry) => new(Refusal(entry, _database, job.Version));

    private void WriteAux(ReadOnlySpan<byte> name, string value)
    {
        writer.WriteByte((byte)RdbOpcode.Aux);
        writer.WriteString(name);
        writer.WriteString(Encoding.ASCII.GetBytes(value));
    }

    private void WriteAux(ReadOnlySpan<byte> name, long value)
    {
        writer.WriteByte((byte)RdbOpcode.Aux);
        writer.WriteString(name);
        writer.WriteInteger(value);
    }
}
