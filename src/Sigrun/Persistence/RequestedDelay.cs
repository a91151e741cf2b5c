namespace Sigrun.Persistence;

/// <summary>Pauses, which tests ask for to see a server while it saves, loads or writes.</summary>
internal struct RequestedDelay
{
    private const long SleepMicros = 1000;

    private long _owedMicros;

    /// <summary>Waits so many microseconds, some time; as in the reference server a negative number is a fraction of one.</summary>
    /// <param name="micros">The microseconds.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public void Wait(int micros, CancellationToken cancellation = default)
    {
        if (micros == 0) return;
        _owedMicros += Math.Max(micros, 0);
        if (_owedMicros < SleepMicros) return;
        cancellation.WaitHandle.WaitOne((int)Math.Min(_owedMicros / 1000, int.MaxValue));
        _owedMicros = 0;
    }
}
