using System.Buffers;
using System.Buffers.Binary;

namespace Sigrun.Types.Sorting;

/// <summary>Brings indexes into the order of 64-bit keys.</summary>
/// <remarks>
/// A few are sorted by comparing. Many by their digits of eleven bits, whose counts fit the fastest cache, from the
/// lowest to the highest: every pass is linear and keeps the order of equal ones, and digits that are the same in all
/// keys, as most are where numbers are small, are skipped.
/// </remarks>
internal static class SortKeys
{
    private const int ByComparingMax = 512;
    private const int KeyBits = 64;
    private const int DigitBits = 11;
    private const int Radix = 1 << DigitBits;

    /// <summary>A key that orders doubles; both zeros are equal.</summary>
    public static ulong Of(double value)
    {
        ulong bits = (ulong)BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value);
        return (bits >> 63) != 0 ? ~bits : bits | 1UL << 63;
    }

    /// <summary>A key that orders texts by their first bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> text)
    {
        if (text.Length >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64BigEndian(text);
        ulong key = 0;
        for (int i = 0; i < text.Length; i++) key |= (ulong)text[i] << (56 - 8 * i);
        return key;
    }

    /// <summary>Sorts keys.</summary>
    public static void Sort(Span<ulong> keys)
    {
        if (keys.Length <= ByComparingMax)
        {
            keys.Sort();
            return;
        }
        ulong[] otherKeys = ArrayPool<ulong>.Shared.Rent(keys.Length);
        SortByDigits<NoIndexes>(keys, default, otherKeys.AsSpan(0, keys.Length), default);
        ArrayPool<ulong>.Shared.Return(otherKeys);
    }

    /// <summary>Sorts keys, and indexes along with them. Equal keys may come in any order.</summary>
    public static void Sort(Span<ulong> keys, Span<int> indexes)
    {
        if (keys.Length <= ByComparingMax)
        {
            keys.Sort(indexes);
            return;
        }
        ulong[] otherKeys = ArrayPool<ulong>.Shared.Rent(keys.Length);
        int[] otherIndexes = ArrayPool<int>.Shared.Rent(keys.Length);
        SortByDigits<Indexes>(keys, indexes, otherKeys.AsSpan(0, keys.Length), otherIndexes.AsSpan(0, keys.Length));
        ArrayPool<ulong>.Shared.Return(otherKeys);
        ArrayPool<int>.Shared.Return(otherIndexes);
    }

    private static void SortByDigits<TIndexes>(Span<ulong> keys, Span<int> indexes, Span<ulong> otherKeys, Span<int> otherIndexes)
        where TIndexes : struct, IIndexes
    {
        ulong differing = Differences(keys);
        Span<int> places = stackalloc int[Radix];
        Span<ulong> from = keys, to = otherKeys;
        Span<int> fromIndexes = indexes, toIndexes = otherIndexes;
        for (int shift = 0; shift < KeyBits; shift += DigitBits)
        {
            if ((differing >> shift & (Radix - 1)) == 0) continue;
            places.Clear();
            foreach (ulong key in from) places[(int)(key >> shift) & (Radix - 1)]++;
            int start = 0;
            foreach (ref int place in places)
            {
                int next = start + place;
                place = start;
                start = next;
            }
            for (int i = 0; i < from.Length; i++)
            {
                ulong key = from[i];
                int at = places[(int)(key >> shift) & (Radix - 1)]++;
                to[at] = key;
                if (TIndexes.AreThere) toIndexes[at] = fromIndexes[i];
            }
            Span<ulong> keysNow = to;
            to = from;
            from = keysNow;
            Span<int> indexesNow = toIndexes;
            toIndexes = fromIndexes;
            fromIndexes = indexesNow;
        }
        if (from == keys) return;
        from.CopyTo(keys);
        fromIndexes.CopyTo(indexes);
    }

    /// <summary>The bits that are not the same in all keys.</summary>
    private static ulong Differences(ReadOnlySpan<ulong> keys)
    {
        ulong differing = 0;
        foreach (ulong key in keys) differing |= key ^ keys[0];
        return differing;
    }

    /// <summary>Whether indexes go along with keys; a policy that the JIT specialises for.</summary>
    private interface IIndexes
    {
        static abstract bool AreThere { get; }
    }

    private readonly struct Indexes : IIndexes
    {
        public static bool AreThere => true;
    }

    private readonly struct NoIndexes : IIndexes
    {
        public static bool AreThere => false;
    }
}
