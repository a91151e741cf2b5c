using Sigrun.Configuration;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>watchdog-period: SIGALRM comes, and the log tells of it, when the engine has been busy for so long.</summary>
internal sealed class Watchdog(EngineSettings settings)
{
    private const int RealTime = 0;

    /// <summary>The system's <c>itimerval</c>: not again, and after how many seconds and microseconds.</summary>
    private readonly PinnedBytes _timer = new(4 * sizeof(long));

    /// <summary>Follows the directive. A period that the engine's own beat could miss is made longer.</summary>
    public string? Apply()
    {
        ref int period = ref settings.Observability.WatchdogPeriodMs;
        if (period != 0) period = Math.Max(period, 1000 / settings.Process.Hz * 2);
        Start();
        return null;
    }

    /// <summary>Called while the engine is well: the time begins anew.</summary>
    public void Restart()
    {
        if (settings.Observability.WatchdogPeriodMs != 0) Start();
    }

    private void Start()
    {
        int period = settings.Observability.WatchdogPeriodMs;
        _timer[2] = period / 1000;
        _timer[3] = period % 1000 * 1000;
        _ = Libc.SetTimer(RealTime, _timer.Address, 0);
    }
}
