using Sigrun.Configuration;

namespace Sigrun;

/// <summary>The end of an engine that a signal has asked for: it comes with the next run of the cron, unless SHUTDOWN ABORT is there before.</summary>
internal sealed class SignalledShutdown(Engine engine)
{
    private Func<ShutdownOptions>? _options;

    /// <summary>Called when the engine goes on after all.</summary>
    public Action? Cancelled { get; set; }

    /// <summary>Notes a signal.</summary>
    /// <param name="options">How the engine is to end, asked when it does.</param>
    public void Request(Func<ShutdownOptions> options)
    {
        _options = options;
        // There is nothing yet that could be lost, and the cron waits.
        if (engine.Loading is not null) Run();
    }

    /// <summary>Ends the engine if that was asked for.</summary>
    public void Run()
    {
        if (_options is not { } options) return;
        _options = null;
        if (!engine.TryShutdown(options())) Cancelled?.Invoke();
    }

    /// <summary>Forgets what was asked for; false when nothing was.</summary>
    public bool TryAbort()
    {
        if (_options is null) return false;
        _options = null;
        Cancelled?.Invoke();
        engine.Log.Notice("Shutdown manually aborted.");
        return true;
    }
}
