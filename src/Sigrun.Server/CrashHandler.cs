using System.Globalization;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>Writes the crash report when a signal, or an exception on any thread, is about to end the process.</summary>
/// <remarks>
/// After an exception the runtime aborts the process, so that a core is dumped where cores are wanted. The exception has not
/// been unwound yet: nothing was closed, and the log still takes lines. A thread that has accessed what it may not is left to
/// the runtime too, which writes its stack to standard error, here the log file, and aborts. Other signals end the process
/// as they would without a handler.
/// </remarks>
internal sealed class CrashHandler : IDisposable
{
    /// <summary>How long the report waits for the engine to come to the end of its turn, which makes it a better one.</summary>
    private const int PatienceMs = 500;

    private const int StandardError = 2;
    private const string Tasks = "/proc/self/task";

    private readonly ServerLog _log;
    private readonly EngineSettings _settings;
    private readonly PidFile? _pidFile;
    private readonly ServerInstance _instance;
    private readonly SignalTrap? _trap;
    private volatile bool _isOver;

    /// <summary>Begins to watch.</summary>
    /// <param name="log">Where the report goes.</param>
    /// <param name="settings">What it may contain, and how the process ends.</param>
    /// <param name="pidFile">The file of a daemon, which must not outlive it.</param>
    /// <param name="instance">What it is about.</param>
    public CrashHandler(ServerLog log, EngineSettings settings, PidFile? pidFile, ServerInstance instance)
    {
        _log = log;
        _settings = settings;
        _pidFile = pidFile;
        _instance = instance;
        AppDomain.CurrentDomain.UnhandledException += OnUnhandled;
        _trap = SignalTrap.Set(OnSignal);
    }

    /// <summary>Stops watching.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= OnUnhandled;
        _isOver = true;
    }

    private void OnUnhandled(object sender, UnhandledExceptionEventArgs arguments)
    {
        if (arguments.ExceptionObject is Exception failure) _instance.Crash.Write(failure);
        _pidFile?.RemoveQuietly();
        _log.Flush();
        if (_settings.Observability.UseExitOnPanic) Libc.ExitNow(1);
    }

    private void OnSignal(CrashSignal signal)
    {
        if (signal.Number == SignalTrap.Alarm)
        {
            if (!_isOver) _instance.Crash.WriteAlarm(isWatchdog: signal.ProcessId == 0, DescribeThreads());
            return;
        }
        if (_settings.Observability.CrashLogEnabled && !_isOver) Report(signal);
        if (!signal.IsFailure)
        {
            SignalTrap.End(signal.Number);
            return;
        }
        if (_settings.Observability.LogFile is { Length: > 0 } file) RedirectStandardError(Path.GetFullPath(ConfigText.ToString(file)));
        _trap!.GoAhead();
    }

    private void Report(CrashSignal signal)
    {
        void Write() => _instance.Crash.Write(signal, DescribeThreads());
        if (signal.IsFromOutside) _instance.RunAside(Write, PatienceMs);
        else Write();
        _pidFile?.RemoveQuietly();
    }

    private void RedirectStandardError(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            _ = Libc.Duplicate((int)file.SafeFileHandle.DangerousGetHandle(), StandardError);
        }
        catch (IOException failure)
        {
            _log.Debug("What the runtime says goes to standard error: " + failure.Message);
        }
    }

    /// <summary>Number and name of each thread, the engine's marked.</summary>
    private static string DescribeThreads()
    {
        StringBuilder text = new();
        string engine = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (!Directory.Exists(Tasks)) return "";
        foreach (string task in Directory.EnumerateDirectories(Tasks))
        {
            string number = Path.GetFileName(task);
            text.Append(number).Append(' ').Append(NameOf(task)).Append(number == engine ? " *\n" : "\n");
        }
        return text.ToString();
    }

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").TrimEnd();
        }
        catch (IOException)
        {
            return "(ended)";
        }
    }
}
