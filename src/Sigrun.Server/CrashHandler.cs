using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>Writes the crash report when an exception on any thread is about to end the process.</summary>
/// <remarks>
/// The runtime then aborts the process, so that a core is dumped where cores are wanted. The exception has not been
/// unwound yet: nothing was closed, and the log still takes lines.
/// </remarks>
internal sealed class CrashHandler : IDisposable
{
    private readonly ServerLog _log;
    private readonly EngineSettings _settings;
    private readonly PidFile? _pidFile;
    private readonly Func<string> _describe;

    /// <summary>Begins to watch.</summary>
    /// <param name="log">Where the report goes.</param>
    /// <param name="settings">What it may contain, and how the process ends.</param>
    /// <param name="pidFile">The file that must not outlive a daemon.</param>
    /// <param name="describe">What INFO would say.</param>
    public CrashHandler(ServerLog log, EngineSettings settings, PidFile? pidFile, Func<string> describe)
    {
        _log = log;
        _settings = settings;
        _pidFile = pidFile;
        _describe = describe;
        AppDomain.CurrentDomain.UnhandledException += OnUnhandled;
    }

    /// <summary>Stops watching.</summary>
    public void Dispose() => AppDomain.CurrentDomain.UnhandledException -= OnUnhandled;

    private void OnUnhandled(object sender, UnhandledExceptionEventArgs arguments)
    {
        if (arguments.ExceptionObject is Exception failure)
            CrashReport.Write(_log, _settings.Observability, failure, _describe);
        if (_settings.Process.Daemonize) _pidFile?.Remove();
        _log.Flush();
        if (_settings.Observability.UseExitOnPanic) Libc.ExitNow(1);
    }
}
