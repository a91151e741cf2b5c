namespace Sigrun.Persistence;

/// <summary>Pauses per key, which tests ask for to see a server while it saves or loads.</summary>
internal struct KeyDelay
{
    private const long SleepMicros = 1000;

    private long _owedMicros;

    /// <summary>Waits so many microseconds, some time; as in the reference server a negative number is a fraction of one.</summary>
    public void Wait(int micros)
    {
        if (micros == 0) return;
        _owedMicros += Math.Max(micros, 0);
        if (_owedMicros < SleepMicros) return;
        Thread.Sleep((int)Math.Min(_owedMicros / 1000, int.MaxValue));
        _owedMicros = 0;
    }
}
