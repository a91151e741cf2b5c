using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>An array of the heap's references, five bytes each; three bytes behind its end may be read.</summary>
internal static unsafe class PackedReferences
{
    public const int Bytes = 5;

    /// <summary>Bytes behind the last one that reading touches.</summary>
    public const int Overhang = sizeof(ulong) - Bytes;

    private const ulong Mask = (1UL << 40) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Get(byte* array, int index) => Unsafe.ReadUnaligned<ulong>(array + index * Bytes) & Mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(byte* array, int index, ulong reference)
    {
        byte* at = array + index * Bytes;
        Unsafe.WriteUnaligned(at, (uint)reference);
        at[4] = (byte)(reference >> 32);
    }

    /// <summary>Moves some of them, within an array or into another.</summary>
    public static void Move(byte* from, int fromIndex, byte* to, int toIndex, int count) =>
        Buffer.MemoryCopy(from + fromIndex * Bytes, to + toIndex * Bytes, count * Bytes, count * Bytes);
}
