using System.Buffers.Binary;
using System.Numerics;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>What an element means for a HyperLogLog: a register, and the least value that it has with the element.</summary>
/// <param name="Register">The register.</param>
/// <param name="Rank">The place of the lowest one in the rest of the hash, 1 to 51.</param>
internal readonly record struct RegisterHash(int Register, int Rank)
{
    private const uint Seed = 0xADC83B19;
    private const ulong Factor = 0xC6A4A7935BD1E995;
    private const int Shift = 47;
    private const int RankBits = 64 - DenseRegisters.IndexBits;

    /// <summary>Hashes an element.</summary>
    public static RegisterHash Of(ReadOnlySpan<byte> element)
    {
        ulong hash = Murmur64A(element);
        ulong rest = hash >> DenseRegisters.IndexBits | 1UL << RankBits;
        return new RegisterHash((int)(hash & (DenseRegisters.Count - 1)), BitOperations.TrailingZeroCount(rest) + 1);
    }

    /// <summary>The 64-bit MurmurHash2 that all servers count with.</summary>
    public static ulong Murmur64A(ReadOnlySpan<byte> bytes)
    {
        ulong hash = Seed ^ (ulong)bytes.Length * Factor;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) * Factor;
            word = (word ^ word >> Shift) * Factor;
            hash = (hash ^ word) * Factor;
        }
        if (!bytes.IsEmpty)
        {
            ulong tail = 0;
            for (int i = bytes.Length - 1; i >= 0; i--) tail = tail << 8 | bytes[i];
            hash = (hash ^ tail) * Factor;
        }
        hash = (hash ^ hash >> Shift) * Factor;
        return hash ^ hash >> Shift;
    }
}
