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
}

/// <summary>Loads an append-only file: its base and its increments, one command after the other.</summary>
/// <remarks>
/// Only the last part may end in the middle of something, since only that can have been written when the system stopped.
/// </remarks>
internal sealed class AofLoader
{
    private const string RepairHint = "make a backup of your AOF file, then use ./sigrun-check-aof --fix <filename.manifest>";

    private readonly Engine _engine;
    private readonly AppendOnlyFile _log;
    private readonly PersistenceSettings _settings;

    /// <summary>A loader into the databases of an engine.</summary>
    public AofLoader(Engine engine, AppendOnlyFile log)
    {
        _engine = engine;
        _log = log;
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
        _engine.IsLoading = true;
        try
        {
            result = LoadParts();
        }
        finally
        {
            _engine.IsLoading = false;
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
            if (result is AofLoadResult.Failed or AofLoadResult.OpenError) return result;
        }
        for (int i = 0; i < manifest.Increments.Count; i++)
        {
            result = LoadPart(manifest.Increments[i], "incr", isLast: i == manifest.Increments.Count - 1);
            if (result == AofLoadResult.Empty) result = AofLoadResult.Ok;
            if (result is AofLoadResult.Failed or AofLoadResult.OpenError) return result;
        }
        return result;
    }

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
            if (_engine.Files.Length(path) == 0) return AofLoadResult.Empty;
            long position = 0;
            if (IsSnapshot(path) && !TryLoadSnapshot(file, path, out position)) return AofLoadResult.Failed;
            Stream stream = _engine.Files.OpenRead(path);
            if (position > 0) stream.Seek(position, SeekOrigin.Begin);
            using var reader = new AofReader(stream, position);
            return LoadCommands(file, path, reader);
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

    private bool TryLoadSnapshot(AofFile file, string path, out long length)
    {
        bool isOldStyle = file.Name == _log.Directory.LogName;
        _engine.Log.Notice(isOldStyle ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...");
        using Stream snapshot = _engine.Files.OpenRead(path);
        if (_engine.Snapshots.TryLoadBase(snapshot, out length))
        {
            if (isOldStyle) _engine.Log.Notice("Reading the remaining AOF tail...");
            return true;
        }
        _engine.Log.Warning(isOldStyle
            ? $"Error reading the RDB preamble of the AOF file {Name(file)}, AOF loading aborted"
            : $"Error reading the RDB base file {Name(file)}, AOF loading aborted");
        return false;
    }

    private AofLoadResult LoadCommands(AofFile file, string path, AofReader reader)
    {
        using var replay = new AofReplay(_engine);
        var commands = new AofCommands(reader, replay);
        AofEnd end = commands.ReadAll(_settings.AofLoadTruncated);
        replay.Run();
        long validTo = commands.ValidTo;
        switch (end)
        {
            case AofEnd.Complete when !replay.IsInTransaction:
                return AofLoadResult.Ok;
            case AofEnd.Complete:
                _engine.Log.Warning($"Revert incomplete MULTI/EXEC transaction in AOF file {Name(file)}");
                validTo = commands.ValidBeforeTransaction;
                break;
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

    private static string WithoutCode(string error) => error.StartsWith("ERR ", StringComparison.Ordinal) ? error[4..] : error;

    private static string Name(AofFile file) => ConfigText.ToString(file.Name);
}
