using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sigrun.Persistence;

/// <summary>
/// The checksum of RDB files and payloads: CRC-64 with the Jones polynomial, bits reflected, starting from zero.
/// </summary>
/// <remarks>
/// <para>
/// Eight tables take eight bytes per step (about 2 GB/s). Where the CPU multiplies without carries, four lanes of
/// sixteen bytes are folded at a time instead, several times faster: a lane is multiplied by the remainder of a power
/// of x that carries it 64 bytes ahead and added to what lies there. The last sixteen bytes of that are congruent to all
/// that was folded, so the tables finish the sum. The framework's CRC-64 has another polynomial and other bit order.
/// </para>
/// <para>
/// In reflected order the low half of a lane has the higher powers, and a product of two reflected halves comes out
/// one power short: hence the exponents in <see cref="FoldBy"/>.
/// </para>
/// </remarks>
internal static class Crc64
{
    private const ulong Polynomial = 0xad93d23594c935a9;
    private const int LaneBytes = 16;
    private const int StrideBytes = 4 * LaneBytes;
    private const int FoldMin = 2 * StrideBytes;

    private static readonly ulong[] Tables = MakeTables();
    private static readonly Vector128<ulong> FoldStride = FoldBy(8 * StrideBytes);
    private static readonly Vector128<ulong> FoldLane = FoldBy(8 * LaneBytes);

    /// <summary>The checksum of bytes.</summary>
    public static ulong Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The checksum of everything so far and of more bytes after it.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> data)
    {
        if (!Pclmulqdq.IsSupported || data.Length < FoldMin) return AppendByTables(crc, data);
        Span<byte> folded = stackalloc byte[LaneBytes];
        int taken = Fold(crc, data, folded);
        return AppendByTables(AppendByTables(0, folded), data[taken..]);
    }

    /// <summary>The same without special instructions.</summary>
    internal static ulong AppendByTables(ulong crc, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<ulong> tables = Tables;
        while (data.Length >= sizeof(ulong))
        {
            crc ^= BinaryPrimitives.ReadUInt64LittleEndian(data);
            crc = tables[(7 << 8) + (byte)crc]
                ^ tables[(6 << 8) + (byte)(crc >> 8)]
                ^ tables[(5 << 8) + (byte)(crc >> 16)]
                ^ tables[(4 << 8) + (byte)(crc >> 24)]
                ^ tables[(3 << 8) + (byte)(crc >> 32)]
                ^ tables[(2 << 8) + (byte)(crc >> 40)]
                ^ tables[(1 << 8) + (byte)(crc >> 48)]
                ^ tables[(byte)(crc >> 56)];
            data = data[sizeof(ulong)..];
        }
        foreach (byte b in data) crc = tables[(byte)crc ^ b] ^ (crc >> 8);
        return crc;
    }

    /// <summary>Reduces whole strides of data to sixteen bytes that have the same checksum; returns how much it took.</summary>
    private static int Fold(ulong crc, ReadOnlySpan<byte> data, Span<byte> folded)
    {
        Vector128<ulong> a = Lane(data, 0) ^ Vector128.CreateScalar(crc);
        Vector128<ulong> b = Lane(data, LaneBytes);
        Vector128<ulong> c = Lane(data, 2 * LaneBytes);
        Vector128<ulong> d = Lane(data, 3 * LaneBytes);
        int taken = StrideBytes;
        for (; data.Length - taken >= StrideBytes; taken += StrideBytes)
        {
            ReadOnlySpan<byte> next = data.Slice(taken, StrideBytes);
            a = Carry(a, FoldStride) ^ Lane(next, 0);
            b = Carry(b, FoldStride) ^ Lane(next, LaneBytes);
            c = Carry(c, FoldStride) ^ Lane(next, 2 * LaneBytes);
            d = Carry(d, FoldStride) ^ Lane(next, 3 * LaneBytes);
        }
        b ^= Carry(a, FoldLane);
        c ^= Carry(b, FoldLane);
        d ^= Carry(c, FoldLane);
        d.AsByte().CopyTo(folded);
        return taken;
    }

    private static Vector128<ulong> Lane(ReadOnlySpan<byte> data, int offset) =>
        Vector128.Create(data.Slice(offset, LaneBytes)).AsUInt64();

    private static Vector128<ulong> Carry(Vector128<ulong> lane, Vector128<ulong> factors) =>
        Pclmulqdq.CarrylessMultiply(lane, factors, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, factors, 0x11);

    /// <summary>The factors that carry the two halves of a lane so many bits ahead.</summary>
    private static Vector128<ulong> FoldBy(int bits) => Vector128.Create(PowerOfX(bits + 63), PowerOfX(bits - 1));

    /// <summary>The remainder of a power of x, its bits reflected.</summary>
    private static ulong PowerOfX(int exponent)
    {
        ulong remainder = 1UL << 63;
        for (int i = 0; i < exponent; i++) remainder = TimesX(remainder);
        return remainder;
    }

    private static ulong TimesX(ulong reflected) => (reflected & 1) == 0 ? reflected >> 1 : (reflected >> 1) ^ Reflected(Polynomial);

    private static ulong Reflected(ulong value)
    {
        ulong result = 0;
        for (; value != 0; value &= value - 1) result |= 1UL << (63 - BitOperations.TrailingZeroCount(value));
        return result;
    }

    /// <summary>Table k holds the remainder of each byte followed by k zero bytes.</summary>
    private static ulong[] MakeTables()
    {
        ulong[] tables = new ulong[8 << 8];
        for (int i = 0; i < 256; i++)
        {
            ulong remainder = (ulong)i;
            for (int bit = 0; bit < 8; bit++) remainder = TimesX(remainder);
            tables[i] = remainder;
        }
        for (int i = 256; i < tables.Length; i++)
        {
            ulong shorter = tables[i - 256];
            tables[i] = tables[(byte)shorter] ^ (shorter >> 8);
        }
        return tables;
    }
}
