using Sigrun.Configuration;
using Sigrun.Keyspace;
using Sigrun.Observability;
using Sigrun.Storage;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence;

/// <summary>The snapshot file of an engine: saved, loaded, and what INFO tells about both.</summary>
internal sealed class Snapshots(Engine engine)
{
    private byte[][] _functions = [];

    /// <summary>When the data was last known to be on the disk, in seconds since 1970.</summary>
    public long LastSaveSeconds { get; private set; } = engine.NowMs / 1000;

    /// <summary>Whether the last snapshot in the background failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>How often saving was tried.</summary>
    public long Saves { get; set; }

    /// <summary>Keys of the last file that was loaded.</summary>
    public long LastLoadKeys { get; private set; }

    /// <summary>Keys of it that had expired.</summary>
    public long LastLoadExpired { get; private set; }

    /// <summary>Whether there are save points, so that data is saved by itself.</summary>
    public bool HasSavePoints => Settings.SavePoints.Length > 0;

    /// <summary>Whether writes are refused until a snapshot succeeds.</summary>
    public bool RefusesWrites => HasFailed && Settings.StopWritesOnSaveError && HasSavePoints;

    /// <summary>Libraries of functions that the file had; they are written again.</summary>
    public IReadOnlyList<byte[]> Functions => _functions;

    private PersistenceSettings Settings => engine.Settings.Persistence;

    /// <summary>Saves on this thread.</summary>
    /// <param name="refusal">Why the data cannot be kept in the version that is wanted; null for failures of the disk.</param>
    public bool TrySave(out string? refusal)
    {
        var saver = new RdbFileSaver(engine.Files, engine.Log, TemporaryFiles.Snapshot);
        var records = new LiveRecords(engine.Databases);
        if (!saver.TrySave(Settings.Directory, FileName, NewJob(), records, out refusal)) return false;
        engine.Dirty = 0;
        NoteSaved();
        return true;
    }

    /// <summary>The file is one of this moment, or of one that has just passed.</summary>
    public void NoteSaved()
    {
        LastSaveSeconds = engine.ReadUnixMicroseconds() / 1_000_000;
        NoteOutcome(hasFailed: false);
    }

    /// <summary>Saving in the background has failed, or not: writes may be refused until it succeeds.</summary>
    public void NoteOutcome(bool hasFailed)
    {
        HasFailed = hasFailed;
        engine.UpdateGate();
    }

    /// <summary>What a snapshot that begins now says, whoever writes it.</summary>
    public RdbSaveJob NewJob() => new()
    {
        Version = RdbFormat.Written(Settings.RdbSaveVersion),
        Compresses = Settings.RdbCompression,
        Sums = Settings.RdbChecksum,
        SyncsEarly = Settings.RdbSaveIncrementalFsync,
        DelayMicros = Settings.RdbKeySaveDelayMicros,
        Use = UseOf(engine.Settings.Memory.Policy),
        Clock = engine.AccessClock,
        CreatedSeconds = engine.NowMs / 1000,
        UsedMemory = MemoryFigures.UsedBytes(engine),
        Functions = Functions,
    };

    /// <summary>Loads the snapshot file into the databases, which keep what they hold.</summary>
    public RdbLoadResult Load(RdbLoadOptions options) => LoadInto(index => engine.Databases[index].Keys, options);

    /// <summary>Loads the snapshot with which an append-only file begins. Keys that have expired are there: commands follow.</summary>
    /// <param name="file">The file, from its beginning; may be read beyond the snapshot's end.</param>
    /// <param name="options">How it is loaded.</param>
    /// <param name="length">The bytes of the snapshot.</param>
    public RdbLoadResult LoadBase(Stream file, RdbLoadOptions options, out long length) =>
        LoadInto(file, index => engine.Databases[index].Keys, options with { DropsExpired = false }, out length);

    /// <summary>Loads the snapshot file in the place of all data, which stays as it is when that fails.</summary>
    public RdbLoadResult Reload(RdbLoadOptions options)
    {
        var tables = new KeyTable?[engine.Databases.Length];
        RdbLoadResult result = LoadInto(index => tables[index] ??= new KeyTable(engine.Heap), options);
        if (result == RdbLoadResult.Loaded) engine.Tracking.OnFlush(inBackground: false);
        for (int i = 0; i < tables.Length; i++)
        {
            if (result != RdbLoadResult.Loaded)
            {
                if (tables[i] is { } discarded) Database.Discard(discarded);
            }
            else if (tables[i] is not null || engine.Databases.Find(i) is not null)
            {
                engine.Databases[i].Replace(tables[i] ?? new KeyTable(engine.Heap));
            }
        }
        return result;
    }

    /// <summary>The name of the file in the data directory.</summary>
    public string FileName => ConfigText.ToString(Settings.DbFileName!);

    private RdbLoadResult LoadInto(Func<int, KeyTable> tables, RdbLoadOptions options)
    {
        Stream? file;
        try
        {
            file = engine.Files.TryOpenRead(Path.Combine(Settings.Directory, FileName));
        }
        catch (FileSystemException fault)
        {
            engine.Log.Warning($"Fatal error: can't open the RDB file {FileName} for reading: {fault.Message}");
            return RdbLoadResult.Failed;
        }
        return file is null ? RdbLoadResult.NotThere : LoadInto(file, tables, options, out _);
    }

    private RdbLoadResult LoadInto(Stream file, Func<int, KeyTable> tables, RdbLoadOptions options, out long length)
    {
        using var window = new RdbWindow(file, Settings.RdbChecksum);
        bool isPart = engine.Loading is not null;
        LoadProgress progress = engine.Loading ??= new LoadProgress { StartedSeconds = engine.NowMs / 1000, TotalBytes = window.Length };
        try
        {
            var loader = new RdbLoader(engine, tables, options, progress);
            RdbLoadResult result = loader.Load(window);
            length = loader.Length;
            LastLoadKeys = loader.KeysLoaded;
            LastLoadExpired = loader.KeysExpired;
            if (result == RdbLoadResult.Loaded) _functions = [.. loader.Functions];
            return result;
        }
        finally
        {
            if (!isPart) engine.Loading = null;
        }
    }

    private static RdbUse UseOf(MaxMemoryPolicy policy) => policy switch
    {
        MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru => RdbUse.Idle,
        MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu => RdbUse.Frequency,
        _ => RdbUse.None,
    };
}
