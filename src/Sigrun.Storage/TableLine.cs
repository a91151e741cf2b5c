using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sigrun.Storage;

/// <summary>
/// One line of a hash table: one cache line of 64 bytes with up to ten entries.
/// </summary>
/// <remarks>
/// Bytes 0..49 are ten references of five bytes, 50..59 their fingerprints (the top byte of the
/// hash), 60..63 the control word: ten presence bits, the chain bit, and eleven bits for snapshots
/// (see <see cref="Snapshots.SnapshotLines"/>): the mark of the lines that a snapshot has, and
/// ten for single slots that it has of the others. In a chained line the tenth reference leads to the next
/// line of the chain, a heap block of the same form, and its presence bit is clear so that no match can hit
/// it. All fingerprints are compared by one vector compare of the last 16 bytes.
/// </remarks>
internal static unsafe class TableLine
{
    public const int Bytes = 64;
    public const int Slots = 10;
    public const int LinkSlot = 9;
    public const uint PresenceMask = (1 << Slots) - 1;
    public const uint ChainedBit = 1 << 10;
    public const uint SnapshotBit = 1 << 11;
    private const int TakenShift = 12;
    private const uint SlotBits = 1 | (1 << TakenShift);
    private const int FingerprintOffset = 50;
    private const int ControlOffset = 60;
    private const ulong ReferenceMask = (1UL << 40) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref uint Control(byte* line) => ref *(uint*)(line + ControlOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsChained(byte* line) => (Control(line) & ChainedBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Present(byte* line) => Control(line) & PresenceMask;

    public static int Count(byte* line) => BitOperations.PopCount(Present(line));

    /// <summary>What a snapshot has noted at the first line of a chain: <see cref="SnapshotBit"/> or nothing.</summary>
    public static uint SnapshotMark(byte* line) => Control(line) & SnapshotBit;

    public static void SetSnapshotMark(byte* line, uint mark) => Control(line) = (Control(line) & ~SnapshotBit) | mark;

    /// <summary>The slots, as bits, that a snapshot has, though not their line; never a free one.</summary>
    public static uint Taken(byte* line) => (Control(line) >> TakenShift) & PresenceMask;

    public static void AddTaken(byte* line, uint slots) => Control(line) |= slots << TakenShift;

    public static void ClearTaken(byte* line) => Control(line) &= ~(PresenceMask << TakenShift);

    /// <summary>The slots, as bits, that are present and carry the fingerprint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Match(byte* line, byte fingerprint)
    {
        Vector128<byte> tail = Vector128.Load(line + 48);
        uint equal = Vector128.Equals(tail, Vector128.Create(fingerprint)).ExtractMostSignificantBits();
        return (equal >> 2) & Control(line) & PresenceMask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Reference(byte* line, int slot) => Unsafe.ReadUnaligned<ulong>(line + slot * 5) & ReferenceMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Fingerprint(byte* line, int slot) => line[FingerprintOffset + slot];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetReference(byte* line, int slot, ulong reference)
    {
        byte* at = line + slot * 5;
        Unsafe.WriteUnaligned(at, (uint)reference);
        at[4] = (byte)(reference >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(byte* line, int slot, ulong reference, byte fingerprint)
    {
        SetReference(line, slot, reference);
        line[FingerprintOffset + slot] = fingerprint;
        Control(line) |= 1u << slot;
    }

    /// <summary>Makes a slot free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Vacate(byte* line, int slot) => Control(line) &= ~(SlotBits << slot);

    /// <summary>Copies what a slot holds, and whether a snapshot has it, into a free one.</summary>
    public static void Copy(byte* source, int from, byte* target, int to)
    {
        Put(target, to, Reference(source, from), Fingerprint(source, from));
        AddTaken(target, ((Taken(source) >> from) & 1) << to);
    }

    /// <summary>A free slot, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FreeSlot(byte* line)
    {
        uint control = Control(line);
        uint free = ~control & (PresenceMask >> ((control & ChainedBit) != 0 ? 1 : 0));
        return free == 0 ? -1 : BitOperations.TrailingZeroCount(free);
    }

    /// <summary>Fetches all entries of a line, and the next line of its chain.</summary>
    public static void PrefetchEntries(byte* heapBase, byte* line)
    {
        for (uint present = Present(line); present != 0; present &= present - 1)
            Prefetch.Line(heapBase + (Reference(line, BitOperations.TrailingZeroCount(present)) << 2));
        if (IsChained(line)) Prefetch.Line(heapBase + (Reference(line, LinkSlot) << 2));
    }

    /// <summary>Makes the line empty; its mark stays.</summary>
    public static void Clear(byte* line) => Control(line) &= SnapshotBit;

    /// <summary>Makes fresh memory an empty line.</summary>
    public static void Initialise(byte* line) => Control(line) = 0;
}
