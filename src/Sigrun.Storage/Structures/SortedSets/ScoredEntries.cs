using System.Buffers.Binary;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Sorts references to members' entries by score, then member.</summary>
/// <remarks>
/// Scores become integers of the same order, which sort without a comparison of their own. Stretches of equal scores
/// are sorted likewise by eight bytes of the members at a time, short ones by comparing members. Afterwards the keys
/// are those of the scores again.
/// </remarks>
internal readonly unsafe ref struct ScoredEntries(Heap heap, ulong* keys, ulong* entries, int count)
{
    private const int ShortStretch = 16;
    private const int ChunksMax = 32;

    private readonly Heap _heap = heap;
    private readonly Span<ulong> _keys = new(keys, count);
    private readonly Span<ulong> _entries = new(entries, count);

    /// <summary>The key of 0 and of −0.</summary>
    public const ulong ZeroKey = 1UL << 63;

    /// <summary>The score of a key; what it gives for <see cref="ZeroKey"/> has lost its sign.</summary>
    public static double ScoreOf(ulong key) =>
        BitConverter.UInt64BitsToDouble((key & ZeroKey) != 0 ? key & ~ZeroKey : ~key);

    public void Sort()
    {
        bool ascending = true;
        for (int i = 0; i < _keys.Length; i++)
        {
            if (i + 8 < _keys.Length) Prefetch.Line(_heap.Base + (_entries[i + 8] << 2));
            _keys[i] = KeyOf(MemberEntry.Score(_heap.Base + (_entries[i] << 2)));
            ascending &= i == 0 || _keys[i - 1] < _keys[i];
        }
        if (ascending) return;
        _keys.Sort(_entries);
        for (int start = 0; start < _keys.Length;)
        {
            ulong key = _keys[start];
            int end = start + 1;
            while (end < _keys.Length && _keys[end] == key) end++;
            if (end - start > 1)
            {
                SortMembers(start, end - start, 0);
                _keys[start..end].Fill(key);
            }
            start = end;
        }
    }

    private static ulong KeyOf(double score)
    {
        // Adding 0 makes 0 of -0: they are equal.
        ulong bits = BitConverter.DoubleToUInt64Bits(score + 0.0);
        return (bits & ZeroKey) != 0 ? ~bits : bits | ZeroKey;
    }

    /// <summary>Sorts members whose first chunks of eight bytes are equal and full.</summary>
    private void SortMembers(int start, int count, int chunk)
    {
        if (count <= ShortStretch || chunk >= ChunksMax)
        {
            SortByComparing(_entries.Slice(start, count));
            return;
        }
        Span<ulong> keys = _keys.Slice(start, count);
        for (int i = 0; i < count; i++) keys[i] = Chunk(Member(_entries[start + i]), chunk);
        keys.Sort(_entries.Slice(start, count));
        for (int first = 0; first < count;)
        {
            ulong key = keys[first];
            int end = first + 1;
            bool full = IsFull(_entries[start + first], chunk);
            for (; end < count && keys[end] == key; end++) full &= IsFull(_entries[start + end], chunk);
            if (end - first > 1)
            {
                if (full) SortMembers(start + first, end - first, chunk + 1);
                else SortByComparing(_entries.Slice(start + first, end - first));
            }
            first = end;
        }
    }

    private ReadOnlySpan<byte> Member(ulong entry) => MemberEntry.Member(_heap.Base + (entry << 2));

    private bool IsFull(ulong entry, int chunk) => Member(entry).Length >= (chunk + 1) * sizeof(ulong);

    private static ulong Chunk(ReadOnlySpan<byte> member, int chunk)
    {
        int offset = Math.Min(chunk * sizeof(ulong), member.Length);
        ReadOnlySpan<byte> rest = member[offset..];
        if (rest.Length >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64BigEndian(rest);
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        rest.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    /// <summary>A heap sort by members.</summary>
    private void SortByComparing(Span<ulong> entries)
    {
        for (int i = entries.Length / 2 - 1; i >= 0; i--) SiftDown(entries, i);
        for (int end = entries.Length - 1; end > 0; end--)
        {
            (entries[0], entries[end]) = (entries[end], entries[0]);
            SiftDown(entries[..end], 0);
        }
    }

    private void SiftDown(Span<ulong> entries, int at)
    {
        for (; ; )
        {
            int child = 2 * at + 1;
            if (child >= entries.Length) return;
            if (child + 1 < entries.Length && Member(entries[child]).SequenceCompareTo(Member(entries[child + 1])) < 0) child++;
            if (Member(entries[at]).SequenceCompareTo(Member(entries[child])) >= 0) return;
            (entries[at], entries[child]) = (entries[child], entries[at]);
            at = child;
        }
    }
}
