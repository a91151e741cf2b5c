using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun.Server;

/// <summary>The file that holds the process id while the server runs.</summary>
internal sealed class PidFile
{
    /// <summary>Where a daemon writes it when the configuration does not say.</summary>
    public const string Default = "/var/run/valkey.pid";

    private readonly string _path;
    private readonly ServerLog _log;

    private PidFile(string path, ServerLog log)
    {
        _path = path;
        _log = log;
    }

    /// <summary>Writes the file when the settings name one. A file that cannot be written is not worth a failed start.</summary>
    public static PidFile? Write(EngineSettings settings, ServerLog log)
    {
        if (settings.Process.PidFile is not { } configured) return null;
        PidFile file = new(Path.GetFullPath(ConfigText.ToString(configured), settings.Persistence.Directory), log);
        try
        {
            using FileStream stream = new(file._path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            stream.Write(ConfigText.ToBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.Warning("Failed to write PID file: " + ConfigurationFile.Reason(failure, file._path));
        }

        return file;
    }

    /// <summary>Removes the file.</summary>
    public void Remove()
    {
        _log.Notice("Removing the pid file.");
        RemoveQuietly();
    }

    /// <summary>Removes the file without a word: where the last lines of the log shall say why the server ends.</summary>
    public void RemoveQuietly()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _log.Debug("The pid file cannot be removed: " + failure.Message);
        }
    }
}
