using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures;

/// <summary>
/// A set of integers as one sorted array, byte for byte as RDB files hold it: four bytes that say how many bytes a
/// number takes (2, 4 or 8), four of their count, the numbers in rising order, all little-endian.
/// </summary>
/// <remarks>
/// <para>Finding is a binary search, a change moves what follows: for the sizes that directives allow faster than a
/// table, at a tenth of its memory. All numbers have the width that the largest needs; a wider one widens them all, and
/// no removal makes them narrower again.</para>
/// <para>Functions that change a set return where it is now and free the old block. A function that throws
/// <see cref="HeapExhaustedException"/> has changed nothing; removing does not throw, the checking mode aside. Blocks from
/// outside must have passed <see cref="IsValid"/>.</para>
/// </remarks>
public static unsafe class IntSet
{
    /// <summary>The bytes in front of the numbers.</summary>
    public const int HeaderBytes = 8;

    /// <summary>No set has more numbers.</summary>
    public const int CountMax = 1 << 27;

    /// <summary>A set without numbers.</summary>
    public static byte* Create(Heap heap)
    {
        byte* set = heap.Allocate(HeaderBytes);
        SetWidth(set, sizeof(short));
        SetCount(set, 0);
        return set;
    }

    /// <summary>A copy of checked bytes.</summary>
    public static byte* CopyOf(Heap heap, ReadOnlySpan<byte> bytes)
    {
        byte* set = heap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(set, bytes.Length));
        return set;
    }

    /// <summary>How many numbers there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Count(byte* set) => Unsafe.ReadUnaligned<int>(set + 4);

    /// <summary>All its bytes.</summary>
    public static ReadOnlySpan<byte> Bytes(byte* set) => new(set, HeaderBytes + Count(set) * Width(set));

    /// <summary>The number at an index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long At(byte* set, int index) => Read(set, Width(set), index);

    /// <summary>Whether a number is in it.</summary>
    public static bool Contains(byte* set, long number) => TryFind(set, number, out _);

    /// <summary>Finds a number, or the index where it belongs.</summary>
    public static bool TryFind(byte* set, long number, out int index)
    {
        int width = Width(set);
        int low = 0, high = Count(set) - 1;
        // Numbers often come in rising order.
        if (high >= 0 && number > Read(set, width, high)) low = high + 1;
        while (low <= high)
        {
            int middle = (int)(((uint)low + (uint)high) >> 1);
            long there = Read(set, width, middle);
            if (there == number)
            {
                index = middle;
                return true;
            }
            if (there < number) low = middle + 1;
            else high = middle - 1;
        }
        index = low;
        return false;
    }

    /// <summary>Adds a number.</summary>
    public static byte* Add(Heap heap, byte* set, long number, out bool added)
    {
        added = false;
        if (TryFind(set, number, out int index)) return set;
        int count = Count(set);
        if (count == CountMax) throw new HeapExhaustedException(CountMax);
        int width = WidthOf(number);
        if (width > Width(set))
        {
            set = Widen(heap, set, width, number);
        }
        else
        {
            width = Width(set);
            set = Splice(heap, set, HeaderBytes + (long)index * width, 0, width);
            Write(set, width, index, number);
            SetCount(set, count + 1);
        }
        added = true;
        return set;
    }

    /// <summary>Removes a number.</summary>
    public static byte* Remove(Heap heap, byte* set, long number, out bool removed)
    {
        removed = TryFind(set, number, out int index);
        return removed ? RemoveAt(heap, set, index) : set;
    }

    /// <summary>Removes the number at an index.</summary>
    public static byte* RemoveAt(Heap heap, byte* set, int index)
    {
        int width = Width(set);
        int count = Count(set);
        set = Splice(heap, set, HeaderBytes + (long)index * width, width, 0);
        SetCount(set, count - 1);
        return set;
    }

    /// <summary>Whether bytes from outside are such a set: not empty, in order, without duplicates.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= HeaderBytes) return false;
        uint width = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (width is not (sizeof(short) or sizeof(int) or sizeof(long)) || count > CountMax) return false;
        if (HeaderBytes + (ulong)count * width != (ulong)bytes.Length) return false;
        fixed (byte* set = bytes)
        {
            for (int i = 1; i < (int)count; i++)
            {
                if (Read(set, (int)width, i) <= Read(set, (int)width, i - 1)) return false;
            }
        }
        return true;
    }

    private static int Width(byte* set) => *set;

    private static int WidthOf(long number) =>
        number == (short)number ? sizeof(short) : number == (int)number ? sizeof(int) : sizeof(long);

    /// <summary>A number that did not fit before is smaller or larger than all others.</summary>
    private static byte* Widen(Heap heap, byte* set, int width, long number)
    {
        int count = Count(set);
        int oldWidth = Width(set);
        byte* fresh = heap.Allocate((nuint)(HeaderBytes + ((long)count + 1) * width));
        SetWidth(fresh, width);
        SetCount(fresh, count + 1);
        int shift = number < 0 ? 1 : 0;
        for (int i = 0; i < count; i++) Write(fresh, width, i + shift, Read(set, oldWidth, i));
        Write(fresh, width, number < 0 ? 0 : count, number);
        heap.Free(set);
        return fresh;
    }

    /// <summary>Replaces bytes at an offset by room for others; what follows moves along.</summary>
    private static byte* Splice(Heap heap, byte* set, long offset, int removed, int added)
    {
        long total = HeaderBytes + (long)Count(set) * Width(set);
        long wanted = total - removed + added;
        long rest = total - offset - removed;
        nuint usable = heap.UsableSize(set);
        if ((nuint)wanted <= usable && !heap.MovesOnWrite)
        {
            Buffer.MemoryCopy(set + offset + removed, set + offset + added, rest, rest);
            return Listpack.IsWasteful(usable, (nuint)wanted) ? Listpack.TryMove(heap, set, (nuint)wanted) : set;
        }
        byte* fresh = heap.Allocate((nuint)wanted);
        Buffer.MemoryCopy(set, fresh, offset, offset);
        Buffer.MemoryCopy(set + offset + removed, fresh + offset + added, rest, rest);
        heap.Free(set);
        return fresh;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Read(byte* set, int width, int index)
    {
        byte* at = set + HeaderBytes + (long)index * width;
        return width switch
        {
            sizeof(short) => Unsafe.ReadUnaligned<short>(at),
            sizeof(int) => Unsafe.ReadUnaligned<int>(at),
            _ => Unsafe.ReadUnaligned<long>(at),
        };
    }

    private static void Write(byte* set, int width, int index, long number)
    {
        byte* at = set + HeaderBytes + (long)index * width;
        if (width == sizeof(short)) Unsafe.WriteUnaligned(at, (short)number);
        else if (width == sizeof(int)) Unsafe.WriteUnaligned(at, (int)number);
        else Unsafe.WriteUnaligned(at, number);
    }

    private static void SetWidth(byte* set, int width) => Unsafe.WriteUnaligned(set, width);

    private static void SetCount(byte* set, int count) => Unsafe.WriteUnaligned(set + 4, count);
}
