namespace Sigrun.Network;

/// <summary>
/// Lets one thread sleep without missing what others queue for it: the sleeper raises the flag, then looks
/// at its queues once more; the others queue first, then look at the flag. Both have a full fence between.
/// </summary>
public sealed class SleepFlag(EventLoop loop)
{
    private int _sleeping;

    /// <summary>True while the thread sleeps, or is about to; from any thread.</summary>
    public bool IsRaised => Volatile.Read(ref _sleeping) != 0;

    /// <summary>Raises the flag; look at the queues after this, and <see cref="Lower"/> when there is something.</summary>
    public void Raise() => Interlocked.Exchange(ref _sleeping, 1);

    /// <summary>Lowers the flag.</summary>
    public void Lower() => Volatile.Write(ref _sleeping, 0);

    /// <summary>Wakes the sleeper if it sleeps; call after queueing.</summary>
    public void WakeIfAsleep()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0) loop.Wake();
    }
}
