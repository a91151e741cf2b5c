using System.Buffers;
using System.Buffers.Binary;

namespace Sigrun.Types.Sorting;

/// <summary>Brings indexes into the order of 64-bit keys.</summary>
/// <remarks>
/// A few are sorted by comparing. Many by their bytes, from the lowest to the highest: every pass is linear and keeps
/// the order of equal ones, and bytes that are the same in all keys, as most are where numbers are small, are skipped.
/// </remarks>
internal static class SortKeys
{
    private const int ByComparingMax = 512;
    private const int Radix = 256;
    private const int Digits = sizeof(ulong);

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
        SortByBytes(keys, indexes, otherKeys.AsSpan(0, keys.Length), otherIndexes.AsSpan(0, keys.Length));
        ArrayPool<ulong>.Shared.Return(otherKeys);
        ArrayPool<int>.Shared.Return(otherIndexes);
    }

    private static void SortByBytes(Span<ulong> keys, Span<int> indexes, Span<ulong> otherKeys, Span<int> otherIndexes)
    {
        Span<int> counts = stackalloc int[Radix * Digits];
        foreach (ulong key in keys)
        {
            for (int digit = 0; digit < Digits; digit++) counts[digit * Radix + (byte)(key >> (8 * digit))]++;
        }
        Span<ulong> from = keys, to = otherKeys;
        Span<int> fromIndexes = indexes, toIndexes = otherIndexes;
        for (int digit = 0; digit < Digits; digit++)
        {
            Span<int> starts = counts.Slice(digit * Radix, Radix);
            int shift = 8 * digit;
            if (starts[(byte)(from[0] >> shift)] == from.Length) continue;
            int start = 0;
            foreach (ref int count in starts)
            {
                int next = start + count;
                count = start;
                start = next;
            }
            for (int i = 0; i < from.Length; i++)
            {
                ulong key = from[i];
                int at = starts[(byte)(key >> shift)]++;
                to[at] = key;
                toIndexes[at] = fromIndexes[i];
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
}
