using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>Registers of six bits each, one behind the other, lowest bits first.</summary>
/// <remarks>
/// To merge or count, registers are spread to a byte each: four of them lie in three bytes, which a shuffle puts into
/// a 32-bit lane of their own, where masks and shifts move each to its byte. Packing is two multiplications that add
/// neighbours. What asks for the processor's abilities is compiled at first use, since code compiled ahead of
/// time knows of none. The last registers go one at a time, since the vectors read and write up to four bytes too many.
/// </remarks>
internal static class DenseRegisters
{
    /// <summary>Bits of an element's hash that choose the register.</summary>
    public const int IndexBits = 14;

    /// <summary>How many registers there are.</summary>
    public const int Count = 1 << IndexBits;

    /// <summary>The bytes they take.</summary>
    public const int Bytes = Count * Bits / 8;

    private const int Bits = 6;
    private const int Mask = (1 << Bits) - 1;
    private const byte None = 0xFF;

    /// <summary>The bytes of as many registers as a vector has bytes.</summary>
    private const int VectorStep = 24;

    /// <summary>One register.</summary>
    public static int Get(ReadOnlySpan<byte> dense, int index)
    {
        int at = index * Bits >> 3;
        int shift = index * Bits & 7;
        int low = dense[at] >> shift;
        // A register that ends in its first byte has no second one; the last register does.
        return (shift <= 8 - Bits ? low : low | dense[at + 1] << (8 - shift)) & Mask;
    }

    /// <summary>Writes one register.</summary>
    public static void Set(Span<byte> dense, int index, int value)
    {
        int at = index * Bits >> 3;
        int shift = index * Bits & 7;
        dense[at] = (byte)(dense[at] & ~(Mask << shift) | value << shift);
        if (shift <= 8 - Bits) return;
        dense[at + 1] = (byte)(dense[at + 1] & ~(Mask >> (8 - shift)) | value >> (8 - shift));
    }

    /// <summary>Raises registers of a byte each to those that are greater here.</summary>
    /// <param name="spread">The registers to raise.</param>
    /// <param name="group">The others.</param>
    /// <param name="withVectors">Whether to use what the processor has for it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MergeInto(Span<byte> spread, in DenseGroup group, bool withVectors)
    {
        if (group.Count == 0) return;
        if (withVectors && Avx2.IsSupported)
        {
            if (group.Count == 1) MergeAvx2(spread, group.First);
            else MergeAvx2(spread, group);
            return;
        }
        MergeInto(spread, group.First, withVectors);
        if (group.Count > 1) MergeInto(spread, group.Second, withVectors);
        if (group.Count > 2) MergeInto(spread, group.Third, withVectors);
        if (group.Count > 3) MergeInto(spread, group.Fourth, withVectors);
    }

    private static void MergeInto(Span<byte> spread, ReadOnlySpan<byte> dense, bool withVectors)
    {
        int done = withVectors && Vector128.IsHardwareAccelerated ? MergeVector128(spread, dense) : 0;
        MergeSingly(spread, dense, done);
    }

    private static void MergeSingly(Span<byte> spread, ReadOnlySpan<byte> dense, int start)
    {
        for (int i = start; i < Count; i++) spread[i] = Math.Max(spread[i], (byte)Get(dense, i));
    }

    /// <summary>Packs registers of a byte each.</summary>
    /// <param name="dense">Where they go.</param>
    /// <param name="spread">The registers.</param>
    /// <param name="withVectors">Whether to use what the processor has for it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(Span<byte> dense, ReadOnlySpan<byte> spread, bool withVectors)
    {
        int done = withVectors && Avx2.IsSupported ? PackAvx2(dense, spread) : 0;
        for (int i = done; i < Count; i++) Set(dense, i, spread[i]);
    }

    /// <summary>
    /// Merges four at once. Of three bytes with four registers the shuffle makes two words that overlap: in both, two
    /// registers can be compared at a time as soon as the other bits are masked out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MergeAvx2(Span<byte> spread, in DenseGroup group)
    {
        Span<Vector256<byte>> vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(spread[..Count]);
        ReadOnlySpan<byte> a = group.First[..Bytes], b = group.Second[..Bytes], c = group.Third[..Bytes], d = group.Fourth[..Bytes];
        Vector256<ushort> outer = Vector256.Create(0x03F0_003Fu).AsUInt16();
        Vector256<ushort> inner = Vector256.Create(0xFC00_0FC0u).AsUInt16();
        int at = 0;
        for (int i = 0; i < vectors.Length - 1; i++, at += VectorStep)
        {
            Vector256<ushort> x = Load(a, at), y = Load(b, at), z = Load(c, at), w = Load(d, at);
            Vector256<ushort> greatestOuter = Avx2.Max(Avx2.Max(x & outer, y & outer), Avx2.Max(z & outer, w & outer));
            Vector256<ushort> greatestInner = Avx2.Max(Avx2.Max(x & inner, y & inner), Avx2.Max(z & inner, w & inner));
            vectors[i] = Avx2.Max(vectors[i], Spread(greatestOuter | greatestInner));
        }
        int done = (vectors.Length - 1) * Vector256<byte>.Count;
        MergeSingly(spread, a, done);
        MergeSingly(spread, b, done);
        MergeSingly(spread, c, done);
        MergeSingly(spread, d, done);
    }

    /// <summary>Merges one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MergeAvx2(Span<byte> spread, ReadOnlySpan<byte> dense)
    {
        Span<Vector256<byte>> vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(spread[..Count]);
        dense = dense[..Bytes];
        int at = 0;
        for (int i = 0; i < vectors.Length - 1; i++, at += VectorStep)
        {
            vectors[i] = Avx2.Max(vectors[i], Spread(Load(dense, at)));
        }
        MergeSingly(spread, dense, (vectors.Length - 1) * Vector256<byte>.Count);
    }

    /// <summary>Gives each of the registers in overlapping words a byte of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Spread(Vector256<ushort> overlapping)
    {
        Vector256<uint> words = overlapping.AsUInt32();
        words = words & Vector256.Create(0x0000_0FFFu) | (words >>> 4) & Vector256.Create(0x0FFF_0000u);
        return (words & Vector256.Create(0x003F_003Fu) | (words << 2) & Vector256.Create(0x3F00_3F00u)).AsByte();
    }

    /// <summary>Reads 24 bytes as words that overlap: the first two bytes of three, then the last two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Load(ReadOnlySpan<byte> dense, int at)
    {
        const int Half = VectorStep / 2;
        Vector256<byte> lanes = Vector256.Create(
            (byte)0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11,
            0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
        ReadOnlySpan<byte> group = dense.Slice(at, Half + Vector128<byte>.Count);
        return Avx2.Shuffle(Vector256.Create(Vector128.Create(group), Vector128.Create(group[Half..])), lanes).AsUInt16();
    }

    private static int MergeVector128(Span<byte> spread, ReadOnlySpan<byte> dense)
    {
        Vector128<uint> first = Vector128.Create((uint)Mask);
        Span<Vector128<byte>> vectors = MemoryMarshal.Cast<byte, Vector128<byte>>(spread[..Count]);
        const int Step = 12;
        int at = 0;
        for (int i = 0; i < vectors.Length - 1; i++, at += Step)
        {
            Vector128<byte> packed = Vector128.Create(dense.Slice(at, Vector128<byte>.Count));
            Vector128<uint> x = Vector128.Shuffle(
                packed, Vector128.Create((byte)0, 1, 2, None, 3, 4, 5, None, 6, 7, 8, None, 9, 10, 11, None)).AsUInt32();
            Vector128<uint> low = x & first | (x << 2) & (first << 8);
            Vector128<uint> high = (x << 4) & (first << 16) | (x << 6) & (first << 24);
            vectors[i] = Vector128.Max(vectors[i], (low | high).AsByte());
        }
        return (vectors.Length - 1) * Vector128<byte>.Count;
    }

    /// <summary>Packs all but the last vector; returns how many registers those were.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int PackAvx2(Span<byte> dense, ReadOnlySpan<byte> spread)
    {
        Vector256<byte> together = Vector256.Create(
            (byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, None, None, None, None,
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, None, None, None, None);
        Vector256<sbyte> pairs = Vector256.Create((short)(1 | 1 << Bits << 8)).AsSByte();
        Vector256<short> fours = Vector256.Create(1 | 1 << (2 * Bits) << 16).AsInt16();
        ReadOnlySpan<Vector256<byte>> vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(spread[..Count]);
        const int Half = VectorStep / 2;
        int at = 0;
        for (int i = 0; i < vectors.Length - 1; i++, at += VectorStep)
        {
            Vector256<short> two = Avx2.MultiplyAddAdjacent(vectors[i], pairs);
            Vector256<byte> packed = Avx2.Shuffle(Avx2.MultiplyAddAdjacent(two, fours).AsByte(), together);
            packed.GetLower().CopyTo(dense.Slice(at, Vector128<byte>.Count));
            packed.GetUpper().CopyTo(dense.Slice(at + Half, Vector128<byte>.Count));
        }
        return (vectors.Length - 1) * Vector256<byte>.Count;
    }
}
