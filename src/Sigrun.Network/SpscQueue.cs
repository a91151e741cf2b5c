namespace Sigrun.Network;

/// <summary>A queue between exactly one producing and one consuming thread, without locks, that takes any number of items.</summary>
/// <remarks>
/// A ring that is full is followed by one of twice its size. The consumer empties it first and leaves it behind then, so what is
/// queued lies in a single ring nearly always.
/// </remarks>
public sealed class SpscQueue<T>
{
    private SpscRing<T> _first;
    private SpscRing<T> _last;

    /// <summary>Creates a queue with room for <paramref name="capacity"/> items, which grows when that is too little.</summary>
    public SpscQueue(int capacity) => _first = _last = new SpscRing<T>(capacity);

    /// <summary>True when nothing is queued. Consumer only.</summary>
    public bool IsEmpty => _first.IsEmpty && _first.Next is null;

    /// <summary>Adds an item. Producer only.</summary>
    public void Push(T item)
    {
        if (_last.TryPush(item)) return;
        var next = new SpscRing<T>(_last.Capacity * 2);
        _ = next.TryPush(item);
        _last.Next = next;
        _last = next;
    }

    /// <summary>Takes the oldest item; false when there is none. Consumer only.</summary>
    public bool TryPop(out T item)
    {
        while (!_first.TryPop(out item))
        {
            if (_first.Next is not { } next) return false;
            // Something may have come between the two looks.
            if (_first.TryPop(out item)) return true;
            _first = next;
        }
        return true;
    }
}
