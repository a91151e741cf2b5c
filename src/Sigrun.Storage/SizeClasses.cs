using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sigrun.Storage;

/// <summary>
/// The slot sizes of the heap: steps of 4 bytes up to 128, then sixteen equal steps per doubling up
/// to 32 KiB, so that no slot is more than about 6 % larger than the request.
/// </summary>
/// <remarks>
/// Every multiple of 64 rounds to a slot size that is itself a multiple of 64, and slabs start on
/// 64 KiB: such blocks are cache-line aligned. A slab is one unit for small slots; for large ones it
/// is the number of units, up to four, that leaves the smallest tail. Four units are 65,536 words of
/// four bytes: the free list's 16-bit word offsets reach no further.
/// </remarks>
internal static class SizeClasses
{
    public const int UnitShift = 16;
    public const int UnitBytes = 1 << UnitShift;
    public const int FineLimit = 128;
    public const int FineClasses = FineLimit / 4;
    public const int LargestSlot = 32 * 1024;
    public const int Count = FineClasses + 16 * 8;
    public const int MaxSlabUnits = 4;

    /// <summary>The class of a request of at most <see cref="LargestSlot"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOf(uint size)
    {
        if (size <= FineLimit)
            return (int)((Math.Max(size, 1) + 3) >> 2) - 1;
        int power = BitOperations.Log2(size - 1);
        uint step = ((size - 1) >> (power - 4)) & 15;
        return FineClasses + ((power - 7) << 4) + (int)step;
    }

    /// <summary>The slot size of a class.</summary>
    public static uint SlotBytes(int sizeClass)
    {
        if (sizeClass < FineClasses)
            return (uint)(sizeClass + 1) << 2;
        int power = 7 + ((sizeClass - FineClasses) >> 4);
        uint step = (uint)(sizeClass - FineClasses) & 15;
        return (1u << power) + ((step + 1) << (power - 4));
    }

    /// <summary>What a block of that size occupies: its slot, or whole pages when it is large.</summary>
    public static nuint Rounded(nuint size) =>
        size <= LargestSlot ? SlotBytes(IndexOf((uint)size)) : (size + 4095) & ~(nuint)4095;

    /// <summary>How many units a slab of the class has.</summary>
    public static int SlabUnits(int sizeClass)
    {
        uint slot = SlotBytes(sizeClass);
        int best = 1;
        double bestWaste = double.MaxValue;
        for (int units = 1; units <= MaxSlabUnits; units++)
        {
            uint bytes = (uint)units << UnitShift;
            double waste = (double)(bytes % slot) / bytes;
            if (waste < bestWaste - 0.01)
                (best, bestWaste) = (units, waste);
        }
        return best;
    }
}
