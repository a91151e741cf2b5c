using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>What came of loading an append-only file, or one part of it.</summary>
internal enum AofLoadResult
{
    /// <summary>All of it is loaded.</summary>
    Ok,

    /// <summary>All of it is loaded but a cut end, which is gone from the file now.</summary>
    Truncated,

    /// <summary>There is none.</summary>
    NotExisting,

    /// <summary>There is nothing in it.</summary>
    Empty,

    /// <summary>It could not be opened; the log says why.</summary>
    OpenError,

    /// <summary>It is damaged, and nothing may be written behind it; the log says how.</summary>
    Failed,

    /// <summary>The server shall stop.</summary>
    Abandoned,
}

/// <summary>Loads an append-only file: its base and its increments, one command after the other.</summary>
/// <remarks>
/// Only the last part may end in the middle of something, since only that can have been written when the system stopped.
/// </remarks>
internal sealed class AofLoader
{
    /// <summary>Commands between two looks at the clients.</summary>
    private const int CommandsPerStep = 1024;

    private const string RepairHint = "make a backup of your AOF file, then use ./sigrun-check-aof --fix <filename.manifest>";

    private readonly Engine _engine;
    private readonly AppendOnlyFile _log;
    private readonly PersistenceSettings _settings;
    private readonly Func<bool>? _onProgress;
    private LoadProgress? _progress;
    private RequestedDelay _delay;
    private long _steps;

    /// <summary>A loader into the databases of an engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="log">The file.</param>
    /// <param name="onProgress">Called now and then between two commands; false gives up.</param>
    public AofLoader(Engine engine, AppendOnlyFile log, Func<bool>? onProgress = null)
    {
        _engine = engine;
        _log = log;
        _onProgress = onProgress;
        _settings = engine.Settings.Persistence;
    }

    /// <summary>A duration as the log tells it.</summary>
    public static string Seconds(long nanoseconds) => (nanoseconds / 1e9).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Loads all parts.</summary>
    public AofLoadResult LoadAll()
    {
        AofDirectory directory = _log.Directory;
        if (!directory.Upgrade()) return AofLoadResult.Failed;
        if (directory.Manifest.IsEmpty) return AofLoadResult.NotExisting;
        AofLoadResult result = Measure(out long total, out long baseSize);
        if (result != AofLoadResult.Ok) return result;
        if (total == 0) return AofLoadResult.Empty;
        _progress = new LoadProgress { StartedSeconds = _engine.NowMs / 1000, TotalBytes = total };
        _engine.Loading = _progress;
        _engine.IsReplaying = true;
        try
        {
            result = LoadParts();
        }
        finally
        {
            _engine.IsReplaying = false;
            _engine.Loading = null;
        }
        _log.CurrentSize = total;
        _log.BaseSize = baseSize;
        return result;
    }

    private AofLoadResult Measure(out long total, out long baseSize)
    {
        total = baseSize = 0;
        AofManifest manifest = _log.Directory.Manifest;
        IEnumerable<AofFile> parts = manifest.Base is null ? manifest.Increments : [manifest.Base, .. manifest.Increments];
        foreach (AofFile part in parts)
        {
            try
            {
                long size = _engine.Files.Length(_log.Directory.PathOf(part));
                total += size;
                if (part == manifest.Base) baseSize = size;
            }
            catch (FileSystemException fault)
            {
                _engine.Log.Warning($"Unable to obtain the AOF file {Name(part)} length. stat: {fault.Message}");
                return fault.Errno == FileSystemException.NoSuchFile ? AofLoadResult.Failed : AofLoadResult.OpenError;
            }
        }
        return AofLoadResult.Ok;
    }

    private AofLoadResult LoadParts()
    {
        AofManifest manifest = _log.Directory.Manifest;
        AofLoadResult result = AofLoadResult.Ok;
        if (manifest.Base is { } file)
        {
            result = LoadPart(file, "base", isLast: manifest.Increments.Count == 0);
            if (StopsAt(result)) return result;
        }
        for (int i = 0; i < manifest.Increments.Count; i++)
        {
            result = LoadPart(manifest.Increments[i], "incr", isLast: i == manifest.Increments.Count - 1);
            if (result == AofLoadResult.Empty) result = AofLoadResult.Ok;
            if (StopsAt(result)) return result;
        }
        return result;
    }

    private static bool StopsAt(AofLoadResult result) => result is AofLoadResult.Failed or AofLoadResult.OpenError or AofLoadResult.Abandoned;

    private AofLoadResult LoadPart(AofFile file, string kind, bool isLast)
    {
        long start = _engine.ReadClock();
        AofLoadResult result = LoadFile(file);
        if (result == AofLoadResult.Ok || (result == AofLoadResult.Truncated && isLast))
            _engine.Log.Notice($"DB loaded from {kind} file {Name(file)}: {Seconds(_engine.ReadClock() - start)} seconds");
        if (result != AofLoadResult.Truncated || isLast) return result;
        _engine.Log.Warning("Fatal error: the truncated file is not the last file");
        return AofLoadResult.Failed;
    }

    private AofLoadResult LoadFile(AofFile file)
    {
        string path = _log.Directory.PathOf(file);
        try
        {
            long size = _engine.Files.Length(path);
            if (size == 0) return AofLoadResult.Empty;
            long position = 0;
            AofLoadResult result = IsSnapshot(path) ? LoadSnapshot(file, path, out position) : AofLoadResult.Ok;
            if (result != AofLoadResult.Ok) return result;
            Stream stream = _engine.Files.OpenRead(path);
            if (position > 0) stream.Seek(position, SeekOrigin.Begin);
            using var reader = new AofReader(stream, position);
            result = LoadCommands(file, path, reader);
            _progress!.FileStart += size;
            return result;
        }
        catch (FileSystemException fault) when (fault.Errno == FileSystemException.NoSuchFile)
        {
            _engine.Log.Warning($"The append log file {Name(file)} doesn't exist: {fault.Message}");
            return AofLoadResult.NotExisting;
        }
        catch (FileSystemException fault)
        {
            _engine.Log.Warning($"Fatal error: can't open the append log file {Name(file)} for reading: {fault.Message}");
            return AofLoadResult.OpenError;
        }
        catch (IOException fault)
        {
            _engine.Log.Warning($"Unrecoverable error reading the append only file {Name(file)}: {fault.Message}");
            return AofLoadResult.Failed;
        }
    }

    private bool IsSnapshot(string path)
    {
        Span<byte> signature = stackalloc byte[6];
        using Stream stream = _engine.Files.OpenRead(path);
        if (stream.ReadAtLeast(signature, signature.Length, throwOnEndOfStream: false) < signature.Length) return false;
        return signature.SequenceEqual("REDIS0"u8) || signature.SequenceEqual("VALKEY"u8);
    }

    private AofLoadResult LoadSnapshot(AofFile file, string path, out long length)
    {
        bool isOldStyle = file.Name == _log.Directory.LogName;
        _engine.Log.Notice(isOldStyle ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...");
        using Stream snapshot = _engine.Files.OpenRead(path);
        RdbLoadResult result = _engine.Snapshots.LoadBase(snapshot, new RdbLoadOptions { OnProgress = Serve }, out length);
        if (result == RdbLoadResult.Loaded)
        {
            if (isOldStyle) _engine.Log.Notice("Reading the remaining AOF tail...");
            return AofLoadResult.Ok;
        }
        if (result == RdbLoadResult.Abandoned) return AofLoadResult.Abandoned;
        _engine.Log.Warning(isOldStyle
            ? $"Error reading the RDB preamble of the AOF file {Name(file)}, AOF loading aborted"
            : $"Error reading the RDB base file {Name(file)}, AOF loading aborted");
        return AofLoadResult.Failed;
    }

    private AofLoadResult LoadCommands(AofFile file, string path, AofReader reader)
    {
        using var replay = new AofReplay(_engine);
        var commands = new AofCommands(reader, replay);
        AofEnd end = commands.ReadAll(_settings.AofLoadTruncated, Proceed);
        replay.Run();
        long validTo = commands.ValidTo;
        switch (end)
        {
            case AofEnd.Complete when !replay.IsInTransaction:
                return AofLoadResult.Ok;
            case AofEnd.Complete or AofEnd.Cut when replay.IsInTransaction:
                // Were its beginning left, what is written next would become part of it, and be refused when that is loaded.
                _engine.Log.Warning($"Revert incomplete MULTI/EXEC transaction in AOF file {Name(file)}");
                validTo = commands.ValidBeforeTransaction;
                break;
            case AofEnd.Abandoned:
                return AofLoadResult.Abandoned;
            case AofEnd.BadCommand:
                _engine.Log.Warning($"Error reading the append only file {Name(file)}, error: {WithoutCode(commands.Fault!)}");
                return AofLoadResult.Failed;
            case AofEnd.BadFormat:
                _engine.Log.Warning($"Bad file format reading the append only file {Name(file)}: {RepairHint}");
                return AofLoadResult.Failed;
        }
        if (_settings.AofLoadTruncated && TryTruncate(file, path, validTo)) return AofLoadResult.Truncated;
        _engine.Log.Warning($"Unexpected end of file reading the append only file {Name(file)}. You can: 1) M{RepairHint[1..]}. "
            + "2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.");
        return AofLoadResult.Failed;
    }

    private bool TryTruncate(AofFile file, string path, long length)
    {
        _engine.Log.Warning($"!!! Warning: short read while loading the AOF file {Name(file)}!!!");
        _engine.Log.Warning($"!!! Truncating the AOF {Name(file)} at offset {length} !!!");
        try
        {
            _engine.Files.Truncate(path, length);
        }
        catch (FileSystemException fault)
        {
            _engine.Log.Warning($"Error truncating the AOF file {Name(file)}: {fault.Message}");
            return false;
        }
        _engine.Log.Warning($"AOF {Name(file)} loaded anyway because aof-load-truncated is enabled");
        return true;
    }

    private bool Proceed(long position)
    {
        _delay.Wait(_settings.KeyLoadDelayMicros);
        if (_steps++ % CommandsPerStep != 0) return true;
        _progress!.MoveTo(position);
        return Serve();
    }

    private bool Serve() => _onProgress is null || _engine.ServeWhileReplaying(_onProgress);

    private static string WithoutCode(string error) => error.StartsWith("ERR ", StringComparison.Ordinal) ? error[4..] : error;

    private static string Name(AofFile file) => ConfigText.ToString(file.Name);
}
