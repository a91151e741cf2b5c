using System.Globalization;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Storage;

namespace Sigrun.Persistence;

/// <summary>How loading ended.</summary>
internal enum RdbLoadResult : byte
{
    /// <summary>Everything is there.</summary>
    Loaded,

    /// <summary>There is no such file.</summary>
    NotThere,

    /// <summary>The file is of a kind or version that is not read; nothing was changed.</summary>
    Incompatible,

    /// <summary>The file has something that this server knows but cannot load, or that is not allowed; the log says what it is.</summary>
    Refused,

    /// <summary>The file cannot be opened, or is damaged; the log says what it is.</summary>
    Failed,

    /// <summary>Whoever asked for it gave up.</summary>
    Abandoned,
}

/// <summary>How a file is loaded.</summary>
internal sealed record RdbLoadOptions
{
    /// <summary>Whether keys that have expired stay away; where commands follow, they must be there.</summary>
    public bool DropsExpired { get; init; } = true;

    /// <summary>Whether a key takes the place of another of its name; otherwise that is an error.</summary>
    public bool Replaces { get; init; }

    /// <summary>Called between two keys about every <c>loading-process-events-interval-bytes</c>; false gives up.</summary>
    public Func<bool>? OnProgress { get; init; }
}

/// <summary>Puts the keys of a file into tables, and tells the log about the file.</summary>
internal sealed class RdbLoader(Engine engine, Func<int, KeyTable> tables, RdbLoadOptions options, LoadProgress progress) : IRdbFileHandler
{
    private const int EmptyKeysToldMax = 10;
    private const int ModuleKeysToldMax = 100;

    /// <summary>Files of so many bytes, and more, have memory made ready ahead.</summary>
    private const long LargeFile = 16 << 20;

    /// <summary>
    /// Bytes of the file for each key that is believed to come; a table takes about as many for each. So a file that lies
    /// costs no more memory than its own length.
    /// </summary>
    private const int KeyBytesMin = 8;

    private readonly List<byte[]> _functions = [];
    private readonly SortedDictionary<string, long> _moduleKeys = new(StringComparer.Ordinal);
    private readonly PendingKeys _pending = new(engine.Heap, options.Replaces);
    private KeyTable _keys = tables(0);
    private int _database;
    private long _nextProgress;
    private long _emptyKeys;
    private long _spentHashes;
    private int _version;
    private RequestedDelay _delay;

    /// <summary>Keys that are there now.</summary>
    public long KeysLoaded { get; private set; }

    /// <summary>Keys that had expired.</summary>
    public long KeysExpired { get; private set; }

    /// <summary>The bytes that were read, behind which other things may follow in the file.</summary>
    public long Length { get; private set; }

    /// <summary>Libraries of functions, each as its source text.</summary>
    public IReadOnlyList<byte[]> Functions => _functions;

    /// <summary>Reads a file to its end; the log tells how it went.</summary>
    public RdbLoadResult Load(RdbWindow window)
    {
        var parser = new RdbFileParser(window, engine.Heap, engine.Settings, this)
        {
            NowMs = engine.NowMs,
            DropsExpired = options.DropsExpired,
        };
        try
        {
            if (!Parse(parser, window.Length)) return RdbLoadResult.Abandoned;
            Length = parser.Offset;
            if (engine.Settings.Persistence.SanitizeDumpPayload == SanitizeDumpPayload.Yes) engine.Statistics.SanitizedPayloads += parser.PackedRead;
            TellEnd();
            return RdbLoadResult.Loaded;
        }
        catch (RdbUnsupportedException fault)
        {
            engine.Log.Warning(fault.Message);
            return parser.Step == RdbStep.Start ? RdbLoadResult.Incompatible : RdbLoadResult.Refused;
        }
        catch (RdbEndException fault)
        {
            engine.Log.Warning("Short read or OOM loading DB. Unrecoverable error, aborting now.");
            TellFault(parser, fault.Message);
        }
        catch (RdbFormatException fault)
        {
            TellFault(parser, fault.Message);
        }
        catch (HeapExhaustedException)
        {
            engine.Log.Warning("Short read or OOM loading DB. Unrecoverable error, aborting now.");
            TellFault(parser, "Out of memory");
        }
        catch (Exception fault) when (DiskFault.Is(fault))
        {
            TellFault(parser, DiskFault.Text(fault));
        }
        return RdbLoadResult.Failed;
    }

    /// <inheritdoc/>
    public void OnVersion(int version, bool isForeign)
    {
        _version = version;
        bool isRelaxed = engine.Settings.Persistence.RdbVersionCheck == RdbVersionCheck.Relaxed;
        bool fitsMagic = isForeign == version <= RdbFormat.ForeignVersionMax;
        if (version >= 1 && fitsMagic && (isRelaxed || (version <= RdbFormat.Version && !RdbFormat.IsForeign(version)))) return;
        throw new RdbUnsupportedException($"Can't handle RDB format version {version}");
    }

    /// <inheritdoc/>
    public void OnAux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        string text = Encoding.UTF8.GetString(value);
        _ = long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number);
        string key = Encoding.UTF8.GetString(name);
        switch (key.ToLowerInvariant())
        {
            case "redis-ver":
                engine.Log.Notice($"Loading RDB produced by Redis version {text}");
                break;
            case "valkey-ver":
                engine.Log.Notice($"Loading RDB produced by Valkey version {text}");
                break;
            case "ctime":
                engine.Log.Notice($"RDB age {Math.Max(0, engine.NowMs / 1000 - number)} seconds");
                break;
            case "used-mem":
                engine.Log.Notice(string.Create(CultureInfo.InvariantCulture, $"RDB memory usage when created {number / 1048576.0:F2} Mb"));
                progress.SavedUsedMemory = number;
                break;
            case "aof-preamble" when number != 0:
                engine.Log.Notice("RDB has an AOF tail");
                break;
            case "aof-base" when number != 0:
                engine.Log.Notice("RDB is base AOF");
                break;
            default:
                if (key.StartsWith('%')) engine.Log.Notice($"RDB '{key}': {text}");
                break;
        }
    }

    /// <inheritdoc/>
    public void OnDatabase(ulong index)
    {
        if (index >= (ulong)engine.Databases.Length)
        {
            throw new RdbUnsupportedException($"FATAL: Data file was created with a {ServerIdentity.Name} server configured to handle "
                + $"more than {engine.Databases.Length} databases. Exiting");
        }
        _pending.Settle(_keys, _database);
        _database = (int)index;
        _keys = tables(_database);
    }

    /// <inheritdoc/>
    public void OnSizes(ulong keys, ulong expiring, long remaining)
    {
        ulong most = (ulong)remaining / KeyBytesMin;
        _keys.Expect((long)Math.Min(keys, most), (long)Math.Min(expiring, most));
    }

    /// <inheritdoc/>
    public void OnFunctions(ReadOnlySpan<byte> library) => _functions.Add(library.ToArray());

    /// <inheritdoc/>
    public void OnModuleAux(string module) =>
        engine.Log.Warning($"The RDB file contains AUX module data I can't load: no matching module '{module}'. It is left out.");

    /// <inheritdoc/>
    public bool OnModuleValue(ReadOnlySpan<byte> key, string module)
    {
        if (!engine.Settings.Persistence.RdbSkipModuleKeys) return false;
        long before = _moduleKeys.GetValueOrDefault(module);
        _moduleKeys[module] = before + 1;
        if (before < ModuleKeysToldMax) engine.Log.Warning($"Skipping key '{Encoding.UTF8.GetString(key)}' in DB {_database} of module type '{module}'");
        return true;
    }

    /// <inheritdoc/>
    public void OnEntry(EntryRef entry, in RdbKeyFacts facts)
    {
        if (options.DropsExpired && facts.ExpiryMs >= 0 && facts.ExpiryMs < engine.NowMs)
        {
            DetachedEntry.Free(engine.Heap, entry);
            KeysExpired++;
            return;
        }
        entry.Lru = UseOf(facts);
        KeysLoaded++;
        _pending.Add(_keys, _database, entry);
    }

    /// <inheritdoc/>
    public void OnNothing(ReadOnlySpan<byte> key, bool isEmpty)
    {
        if (!isEmpty) _spentHashes++;
        else if (_emptyKeys++ < EmptyKeysToldMax) engine.Log.Notice($"rdbLoadObject skipping empty key: {Encoding.UTF8.GetString(key)}");
    }

    /// <inheritdoc/>
    public RdbUnsupportedException RefuseType(byte type, bool isForeign) => new(
        isForeign && type is >= RdbFormat.ForeignTypeMin and <= RdbFormat.ForeignTypeMax
            ? $"Can't handle foreign type or opcode {type} in RDB with version {_version}"
            : "Unknown type or opcode when loading DB. Unrecoverable error, aborting now.");

    /// <inheritdoc/>
    public void OnChecksum(ulong stored, ulong computed)
    {
        _pending.Settle(_keys, _database);
        if (!engine.Settings.Persistence.RdbChecksum || engine.Dumps.SkipsChecksum) return;
        if (stored == 0)
        {
            engine.Log.Notice("RDB file was saved with checksum disabled: no check performed.");
            return;
        }
        if (stored == computed) return;
        engine.Log.Warning($"Wrong RDB checksum expected: ({computed:x}) but got ({stored:x}). Aborting now.");
        throw new RdbFormatException("RDB CRC error");
    }

    /// <inheritdoc/>
    public bool OnProgress(long offset)
    {
        _delay.Wait(engine.Settings.Persistence.KeyLoadDelayMicros);
        if (offset < _nextProgress) return true;
        _nextProgress = offset + engine.Settings.Persistence.LoadingProcessEventsIntervalBytes;
        progress.MoveTo(offset);
        _pending.Settle(_keys, _database);
        return options.OnProgress?.Invoke() ?? true;
    }

    /// <summary>Reads all; when that fails, what was read before it is attached first, and may fail in its place.</summary>
    private bool Parse(RdbFileParser parser, long length)
    {
        bool wasReady = engine.Heap.ReadiesPages;
        engine.Heap.ReadiesPages |= length >= LargeFile;
        try
        {
            return parser.Parse();
        }
        finally
        {
            engine.Heap.ReadiesPages = wasReady;
            _pending.Settle(_keys, _database);
        }
    }

    private uint UseOf(in RdbKeyFacts facts)
    {
        Keyspace.AccessClock clock = engine.AccessClock;
        if (clock.IsLfu) return facts.Frequency >= 0 ? clock.FromFrequency((byte)facts.Frequency) : clock.Initial;
        return facts.IdleSeconds >= 0 ? clock.FromIdleSeconds(facts.IdleSeconds) : clock.Initial;
    }

    private void TellEnd()
    {
        string skipped = _emptyKeys > 0 ? $" empty keys skipped: {_emptyKeys}," : "";
        engine.Log.Notice($"Done loading RDB, keys loaded: {KeysLoaded}, keys expired: {KeysExpired},{skipped}"
            + $" all fields expired hashes: {_spentHashes}.");
        foreach ((string module, long count) in _moduleKeys)
            engine.Log.Warning($"Keys of module type '{module}' skipped as rdb-skip-module-keys allows: {count}. Saving leaves them out for good.");
        if (RdbFormat.IsForeign(_version) || _version > RdbFormat.Version)
            engine.Log.Notice($"The RDB file has version {_version}, which rdb-version-check allows.");
    }

    private void TellFault(RdbFileParser parser, string what)
    {
        string key = parser.Key.IsEmpty ? "" : $" (key '{Encoding.UTF8.GetString(parser.Key)}' of type {parser.Type})";
        engine.Log.Warning($"Internal error in RDB reading offset {parser.Offset} -> {what}{key}");
    }
}
