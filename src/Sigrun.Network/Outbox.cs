using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>
/// What the engine has to say to a session that an I/O thread owns. The engine writes into a queue of its own and hands
/// it over whole, once a turn; whoever owns the session next, the thread that hears of it or the engine itself, takes it.
/// </summary>
public sealed class Outbox(BufferPool pool)
{
    private readonly object _gate = new();
    private readonly OutputQueue _handedOver = new(pool);
    private bool _isAnnounced;

    /// <summary>What the engine writes. Engine's thread.</summary>
    public OutputQueue Written { get; } = new(pool);

    /// <summary>Bytes held that no thread has taken yet.</summary>
    public long HeldBytes => Written.HeldBytes + _handedOver.HeldBytes;

    /// <summary>Hands over what was written. Engine's thread.</summary>
    /// <returns>True when the I/O thread has to be told, false when it was and has not looked yet.</returns>
    internal bool HandOver()
    {
        lock (_gate)
        {
            _handedOver.TakeFrom(Written);
            bool isNews = !_isAnnounced;
            _isAnnounced = true;
            return isNews;
        }
    }

    /// <summary>The I/O thread was told; it takes what there is unless it does not own the session now.</summary>
    internal void Answer(OutputQueue? output)
    {
        lock (_gate)
        {
            _isAnnounced = false;
            output?.TakeFrom(_handedOver);
        }
    }

    /// <summary>Moves everything to the output of the session, which is the engine's now.</summary>
    internal void MoveTo(OutputQueue output)
    {
        TakeHandedOver(output);
        output.TakeFrom(Written);
    }

    /// <summary>Moves what was handed over to the output of the session. The thread that owns it.</summary>
    internal void TakeHandedOver(OutputQueue output)
    {
        lock (_gate) output.TakeFrom(_handedOver);
    }

    /// <summary>Another thread serves the session from now on, which was told of nothing yet. Engine's thread.</summary>
    internal void Readdress()
    {
        lock (_gate) _isAnnounced = false;
    }

    /// <summary>Drops everything. Engine's thread.</summary>
    public void Clear()
    {
        lock (_gate) Written.TakeFrom(_handedOver);
        Written.Clear();
    }
}
