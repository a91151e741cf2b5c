namespace Sigrun.Observability;

/// <summary>How long turns of the engine's event loop take, waiting left out, and what takes long in them; read by INFO.</summary>
internal sealed class TurnFigures
{
    private long _startNs;
    private long _calls;

    /// <summary>The longest turn, nanoseconds.</summary>
    public long LongestNs { get; private set; }

    /// <summary>The most commands that ran in one.</summary>
    public long CommandsMax { get; private set; }

    /// <summary>Time spent on what is done by time, nanoseconds.</summary>
    public long CronNs { get; private set; }

    /// <summary>Time spent on the append-only file, nanoseconds.</summary>
    public long AofNs { get; private set; }

    /// <summary>A turn ends and the next begins.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="calls">Commands so far.</param>
    public void Next(long nowNs, long calls)
    {
        if (_startNs != 0) LongestNs = Math.Max(LongestNs, nowNs - _startNs);
        CommandsMax = Math.Max(CommandsMax, calls - _calls);
        _startNs = nowNs;
        _calls = calls;
    }

    /// <summary>The turn goes on after waiting.</summary>
    public void Resume(long nowNs) => _startNs = nowNs;

    /// <summary>Counts time spent on what is done by time.</summary>
    public void AddCron(long nanoseconds) => CronNs += nanoseconds;

    /// <summary>Counts time spent on the append-only file.</summary>
    public void AddAof(long nanoseconds) => AofNs += nanoseconds;

    /// <summary>Begins anew.</summary>
    public void Reset()
    {
        LongestNs = CommandsMax = CronNs = AofNs = 0;
        _calls = 0;
        _startNs = 0;
    }
}
