using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Sigrun.Commands;

/// <summary>
/// The hash under which command names are stored. A name is reduced to its length and two words, its first and
/// its last eight bytes, in lower case; a multiplication each mixes them. The words are kept as well: for a name of
/// up to sixteen bytes they are the whole name, so that the hash costs what the comparison needs anyway.
/// </summary>
/// <remarks>
/// The source generator compiles this file too: it finds displacements for which this very function has no
/// collision. Folding by OR 0x20 also maps some characters that are no letters onto each other, which is why
/// <c>CommandTable</c> compares names with such characters once more, byte by byte.
/// </remarks>
internal readonly struct CommandNameHash
{
    private const ulong LowerCase = 0x2020202020202020UL;
    private const ulong Multiplier1 = 0x9E3779B97F4A7C15UL;
    private const ulong Multiplier2 = 0xC2B2AE3D27D4EB4FUL;

    /// <summary>The first bytes of the name in lower case.</summary>
    public readonly ulong Low;

    /// <summary>The last bytes of the name in lower case.</summary>
    public readonly ulong High;

    /// <summary>The length of the name and its scope.</summary>
    public readonly int Signature;

    private readonly ulong _mixed;

    /// <summary>Hashes a name that is not empty.</summary>
    /// <param name="name">The name as the client sent it.</param>
    /// <param name="scope">0 for a command, its container's id + 1 for a subcommand.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CommandNameHash(ReadOnlySpan<byte> name, int scope)
    {
        int length = name.Length;
        if (length >= 8)
        {
            Low = BinaryPrimitives.ReadUInt64LittleEndian(name) | LowerCase;
            High = BinaryPrimitives.ReadUInt64LittleEndian(name.Slice(length - 8)) | LowerCase;
        }
        else if (length >= 4)
        {
            Low = BinaryPrimitives.ReadUInt32LittleEndian(name) | LowerCase;
            High = BinaryPrimitives.ReadUInt32LittleEndian(name.Slice(length - 4)) | LowerCase;
        }
        else
        {
            Low = (uint)(name[0] | name[length >> 1] << 8 | name[length - 1] << 16) | LowerCase;
            High = LowerCase;
        }

        Signature = length | scope << 8;
        ulong mixed = ((Low ^ (uint)Signature) * Multiplier1) ^ (High * Multiplier2);
        _mixed = mixed ^ mixed >> 29;
    }

    /// <summary>The bucket whose displacement applies.</summary>
    /// <param name="bucketBits">The logarithm of the number of buckets, at least 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Bucket(int bucketBits) => (int)(_mixed >> (64 - bucketBits));

    /// <summary>The slot in the table.</summary>
    /// <param name="displacement">The bucket's displacement.</param>
    /// <param name="slotMask">The number of slots, a power of two, minus one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Slot(int displacement, int slotMask) => ((int)(_mixed >> 20) ^ displacement) & slotMask;
}
