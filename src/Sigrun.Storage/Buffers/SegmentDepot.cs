namespace Sigrun.Storage.Buffers;

/// <summary>Where threads exchange segments: one rents what another returns, so each would run out or overflow.</summary>
/// <remarks>Segments go in and out by the dozen, so that the lock is seldom taken.</remarks>
public sealed class SegmentDepot
{
    /// <summary>Segments that go in or out at once.</summary>
    public const int BatchSize = 128;

    /// <summary>As many receivers as one message may have before new segments are made for the rest.</summary>
    private const int BorrowersMax = 1 << 16;

    private const int OwnedMax = 256;

    private readonly object _gate = new();
    private readonly Stack<OutputSegment> _owned = new();
    private readonly Stack<OutputSegment> _borrowers = new();
    private int _unusedBorrowers;
    private int _unusedOwned;

    /// <summary>Takes segments of one kind; false when there is no room for them.</summary>
    internal bool TryGive(Stack<OutputSegment> from, bool areOwned)
    {
        Stack<OutputSegment> kept = areOwned ? _owned : _borrowers;
        lock (_gate)
        {
            if (kept.Count + BatchSize > (areOwned ? OwnedMax : BorrowersMax)) return false;
            for (int i = 0; i < BatchSize; i++) kept.Push(from.Pop());
            return true;
        }
    }

    /// <summary>Gives segments of one kind; false when there are none.</summary>
    internal bool TryTake(Stack<OutputSegment> into, bool areOwned)
    {
        Stack<OutputSegment> kept = areOwned ? _owned : _borrowers;
        lock (_gate)
        {
            if (kept.Count == 0) return false;
            for (int i = 0; i < BatchSize && kept.Count > 0; i++) into.Push(kept.Pop());
            if (areOwned) _unusedOwned = Math.Min(_unusedOwned, kept.Count);
            else _unusedBorrowers = Math.Min(_unusedBorrowers, kept.Count);
            return true;
        }
    }

    /// <summary>Lets go of what nobody has needed since the last call.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            for (; _unusedOwned > 0; _unusedOwned--) _owned.Pop().Dispose();
            for (; _unusedBorrowers > 0; _unusedBorrowers--) _borrowers.Pop();
            _unusedOwned = _owned.Count;
            _unusedBorrowers = _borrowers.Count;
            if (_borrowers.Count == 0) _borrowers.TrimExcess();
        }
    }
}
