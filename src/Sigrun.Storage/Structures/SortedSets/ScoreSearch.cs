using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Searches in the arrays of one node.</summary>
/// <remarks>
/// Scores are counted four at a time from the front: the loads do not depend on each other, so a node that is not in
/// the cache costs one miss and not one for each halving.
/// </remarks>
internal static unsafe class ScoreSearch
{
    /// <summary>How many of the ascending scores are below one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountBelow(double* scores, int count, double score)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<double> wanted = Vector256.Create(score);
            for (; i + 4 <= count; i += 4)
            {
                uint below = Vector256.LessThan(Vector256.Load(scores + i), wanted).ExtractMostSignificantBits();
                if (below != 15) return i + BitOperations.PopCount(below);
            }
        }
        while (i < count && scores[i] < score) i++;
        return i;
    }

    /// <summary>How many of the ascending scores are not above one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountUpTo(double* scores, int count, double score)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<double> wanted = Vector256.Create(score);
            for (; i + 4 <= count; i += 4)
            {
                uint upTo = Vector256.LessThanOrEqual(Vector256.Load(scores + i), wanted).ExtractMostSignificantBits();
                if (upTo != 15) return i + BitOperations.PopCount(upTo);
            }
        }
        while (i < count && scores[i] <= score) i++;
        return i;
    }

    /// <summary>How many elements are below one, or (<paramref name="orEqual"/>) not above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountBelow(Heap heap, double* scores, byte* references, int count, double score, ReadOnlySpan<byte> member, bool orEqual)
    {
        int low = CountBelow(scores, count, score);
        if (low == count || scores[low] != score) return low;
        int high = low + CountUpTo(scores + low, count - low, score);
        return CountMembersBelow(heap, references, low, high, member, orEqual);
    }

    /// <summary>
    /// As with scores, by members alone: for a stretch of elements whose scores are equal; counted from the start of
    /// the array, of which everything before the stretch is below.
    /// </summary>
    public static int CountMembersBelow(Heap heap, byte* references, int low, int high, ReadOnlySpan<byte> member, bool orEqual)
    {
        while (low < high)
        {
            int middle = (low + high) >> 1;
            byte* entry = heap.Base + (PackedReferences.Get(references, middle) << 2);
            int order = MemberEntry.Member(entry).SequenceCompareTo(member);
            if (order < 0 || (orEqual && order == 0)) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
