using Sigrun.Storage;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>One of the sets that ZUNION and its like work on: a sorted set, or a plain one, whose members' scores are 1.</summary>
internal struct ScoredOperand
{
    /// <summary>The set's entry; null when the key does not exist.</summary>
    public EntryRef Entry;

    /// <summary>What its scores are multiplied by.</summary>
    public double Weight;

    /// <summary>The number of members.</summary>
    public long Count;

    /// <summary>Where it was before the sets were sorted.</summary>
    public int Place;

    /// <summary>Describes the set of an entry.</summary>
    public ScoredOperand(Heap heap, EntryRef entry)
    {
        Entry = entry;
        Weight = 1;
        Count = entry.IsNull ? 0
            : entry.Type == EntryType.Set ? SetValue.Count(entry)
            : new SortedSetReader(heap, entry).Count;
    }

    /// <summary>Whether it is a plain set.</summary>
    public readonly bool IsPlain => Entry.Type == EntryType.Set;

    /// <summary>The score of a member, without the weight; false when there is none.</summary>
    public readonly bool TryGetScore(Heap heap, ReadOnlySpan<byte> member, out double score)
    {
        if (!IsPlain) return new SortedSetReader(heap, Entry).TryGetScore(member, out score);
        score = 1;
        return SetValue.Contains(heap, Entry, member);
    }

    /// <summary>Starts a walk over the members.</summary>
    public readonly Walk Members(Heap heap) => new(heap, Entry);

    /// <summary>A walk over the members of a set of either kind.</summary>
    public ref struct Walk
    {
        private readonly bool _isPlain;
        private SortedSetCursor _scored;
        private SetCursor _plain;
        private bool _isAtFirst;

        public Walk(Heap heap, EntryRef entry)
        {
            _isPlain = entry.Type == EntryType.Set;
            _isAtFirst = true;
            if (_isPlain) _plain = SetValue.Members(entry);
            else _scored = new SortedSetReader(heap, entry).At(0);
        }

        /// <summary>Goes to the next member; false at the end.</summary>
        public bool MoveNext()
        {
            if (_isPlain) return _plain.MoveNext();
            if (!_isAtFirst) _scored.MoveNext();
            _isAtFirst = false;
            return !_scored.IsEnd;
        }

        /// <summary>The member's score.</summary>
        public readonly double Score => _isPlain ? 1 : _scored.Score;

        /// <summary>The member; a number's digits are written to the scratch space.</summary>
        public readonly ReadOnlySpan<byte> GetMember(Span<byte> scratch) =>
            _isPlain ? _plain.Current.GetBytes(scratch) : _scored.GetMember(scratch);
    }
}
