using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>The directory of the append-only log: its manifest, and what changes which files there are.</summary>
/// <remarks>
/// A change is written to a temporary file, synchronised and renamed, and then the directory is synchronised: after a
/// power cut there is either the old manifest or the new one. Methods log what went wrong; those that return bool then
/// return false.
/// </remarks>
internal sealed class AofDirectory
{
    private readonly IFileSystem _files;
    private readonly PersistenceSettings _settings;
    private readonly ServerLog _log;

    /// <summary>The directory that the settings name; nothing is read or made yet.</summary>
    public AofDirectory(IFileSystem files, PersistenceSettings settings, ServerLog log)
    {
        _files = files;
        _settings = settings;
        _log = log;
    }

    /// <summary>The manifest as it is on the disk.</summary>
    public AofManifest Manifest { get; private set; } = new();

    /// <summary>The name that all files' names begin with.</summary>
    public string LogName => _settings.AppendFileName ?? "";

    /// <summary>The path of a file of the log.</summary>
    public string PathOf(AofFile file) => PathOf(file.Name);

    /// <summary>The path of a file in the data directory, beside the log's own.</summary>
    public string DataPath(string name) => Path.Combine(_settings.Directory, ConfigText.ToString(name));

    /// <summary>Where changes go that follow a base which is still being written; no manifest names it.</summary>
    public string TemporaryIncrement => PathOf("temp-" + LogName + ".incr");

    /// <summary>Whether there is something to load, be it of an old version.</summary>
    public bool IsThere => _files.FileExists(PathOf(LogName + ".manifest")) || _files.FileExists(DataPath(LogName));

    private string Location => Path.Combine(_settings.Directory, ConfigText.ToString(_settings.AppendDirName ?? ""));

    /// <summary>Reads the manifest, if there is one; false when it cannot be followed.</summary>
    public bool Read()
    {
        Manifest = new AofManifest();
        if (!_files.DirectoryExists(Location))
        {
            _log.Debug($"The AOF directory {ConfigText.ToString(_settings.AppendDirName ?? "")} doesn't exist");
            return true;
        }
        string name = LogName + ".manifest";
        if (!_files.FileExists(PathOf(name)))
        {
            _log.Debug($"The AOF manifest file {ConfigText.ToString(name)} doesn't exist");
            return true;
        }
        try
        {
            Manifest = AofManifest.Parse(_files.ReadAll(PathOf(name)));
            return true;
        }
        catch (AofManifestException fault)
        {
            Report(fault, _log.Warning);
        }
        catch (IOException fault)
        {
            _log.Warning($"Fatal error: can't open the AOF manifest file {PathOf(name)} for reading: {fault.Message}");
        }
        return false;
    }

    /// <summary>Says what is wrong with a manifest.</summary>
    public static void Report(AofManifestException fault, Action<string> write)
    {
        write("\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        if (fault.Line is { } line)
        {
            write($"Reading the manifest file, at line {fault.LineNumber}\n");
            write($">>> '{ConfigText.ToString(line)}'\n");
        }
        write(fault.Message + "\n");
    }

    /// <summary>Makes the directory unless it exists.</summary>
    public bool Ensure()
    {
        try
        {
            if (_files.DirectoryExists(Location)) return true;
            _files.EnsureDirectory(Location);
            _files.SyncDirectory(_settings.Directory);
            return true;
        }
        catch (FileSystemException fault)
        {
            _log.Warning($"Can't open or create append-only dir {ConfigText.ToString(_settings.AppendDirName ?? "")}: {fault.Message}");
            return false;
        }
    }

    /// <summary>Makes a manifest the one in force; false when it is not, or is but may not be after a power cut.</summary>
    public bool TryReplace(AofManifest manifest)
    {
        string temporary = "temp-" + LogName + ".manifest";
        string name = LogName + ".manifest";
        try
        {
            // A manifest must not become durable before the files that it names.
            _files.SyncDirectory(Location);
        }
        catch (FileSystemException early)
        {
            _log.Warning($"Fail to fsync AOF directory {Location}: {early.Message}.");
            return false;
        }
        ReplacementStep step = _files.Replace(PathOf(name), PathOf(temporary), manifest.Format(), out FileSystemException? fault);
        // What it names must stay from its name on, even if a power cut may still bring back the one before.
        if (step is ReplacementStep.Done or ReplacementStep.SyncDirectory) Manifest = manifest;
        if (step == ReplacementStep.Done) return true;
        temporary = ConfigText.ToString(temporary);
        _log.Warning(step switch
        {
            ReplacementStep.Create => $"Can't open the AOF manifest file {temporary}: {fault!.Message}",
            ReplacementStep.Write => $"Error trying to write the temporary AOF manifest file {temporary}: {fault!.Message}",
            ReplacementStep.Sync => $"Fail to fsync the temp AOF file {temporary}: {fault!.Message}.",
            ReplacementStep.Rename => $"Error trying to rename the temporary AOF manifest file {temporary} into {ConfigText.ToString(name)}: {fault!.Message}",
            _ => $"Fail to fsync AOF directory {PathOf(name)}: {fault!.Message}.",
        });
        return false;
    }

    /// <summary>
    /// Takes over the single file of an old version, when it is there and nothing newer is. Its name becomes durable in
    /// the manifest before it moves, so that a start in between goes on where this one ended.
    /// </summary>
    public bool Upgrade()
    {
        if (!_files.FileExists(DataPath(LogName))) return true;
        bool isHalfway = Manifest is { Base: { } file, Increments.Count: 0 } && file.Name == LogName && !_files.FileExists(PathOf(LogName));
        if (_files.DirectoryExists(Location) && !Manifest.IsEmpty && !isHalfway) return true;
        if (!Ensure() || !TryReplace(new AofManifest { Base = new AofFile(LogName, 1), BaseSequence = 1, History = Manifest.History })) return false;
        string name = ConfigText.ToString(LogName);
        string location = ConfigText.ToString(_settings.AppendDirName ?? "");
        try
        {
            _files.Rename(DataPath(LogName), PathOf(LogName));
            _files.SyncDirectory(Location);
            _files.SyncDirectory(_settings.Directory);
        }
        catch (FileSystemException fault)
        {
            _log.Warning($"Error trying to move the old AOF file {name} into dir {location}: {fault.Message}");
            return false;
        }
        _log.Notice($"Successfully migrated an old-style AOF file ({name}) into the AOF directory ({location}).");
        return true;
    }

    /// <summary>Deletes history files, then forgets them.</summary>
    public bool DeleteHistory()
    {
        if (_settings.AofDisableAutoGc || Manifest.History.Count == 0) return true;
        foreach (AofFile file in Manifest.History)
        {
            _log.Notice($"Removing the history file {ConfigText.ToString(file.Name)} in the background");
            try
            {
                _files.Delete(PathOf(file));
            }
            catch (FileSystemException fault) when (fault.Errno == FileSystemException.NoSuchFile)
            {
                // An earlier attempt got as far as this.
            }
            catch (FileSystemException fault)
            {
                _log.Warning($"Error removing the history file {ConfigText.ToString(file.Name)}: {fault.Message}");
            }
        }
        return TryReplace(Manifest with { History = [] });
    }

    private string PathOf(string name) => Path.Combine(Location, ConfigText.ToString(name));
}
