namespace Sigrun.Network;

/// <summary>Chooses the loops that serve connections, in turn.</summary>
/// <remarks>
/// Loops come and go while connections are on their way between them. A connection is counted for its loop from the
/// choice on, under the same lock that takes a loop out of the choice: a loop that is out and counts none
/// gets none any more, and may end.
/// </remarks>
public sealed class LoopPlacement
{
    private readonly Lock _gate = new();
    private EventLoop[] _loops;
    private int _next;

    /// <summary>Starts with one loop.</summary>
    public LoopPlacement(EventLoop only) => _loops = [only];

    /// <summary>Sets the loops to choose from.</summary>
    public void Use(params EventLoop[] loops)
    {
        lock (_gate) _loops = loops;
    }

    /// <summary>Chooses a loop and counts a connection for it; from any thread.</summary>
    public EventLoop Take()
    {
        lock (_gate)
        {
            _next = (_next + 1) % _loops.Length;
            _loops[_next].AddExpected();
            return _loops[_next];
        }
    }

    /// <summary>Whether the loop is one to choose; from any thread.</summary>
    public bool Uses(EventLoop loop)
    {
        lock (_gate)
        {
            foreach (EventLoop other in _loops)
            {
                if (other == loop) return true;
            }
            return false;
        }
    }
}
