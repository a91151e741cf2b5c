using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures;

/// <summary>
/// A list of short elements in one block, byte for byte as RDB files hold it: small collections are one, large lists
/// and streams consist of them.
/// </summary>
/// <remarks>
/// <para>Four bytes of total length, two of the element count (65,535: unknown, count them), the elements (see
/// <see cref="ListpackCode"/>), one end byte. Every element can be stepped over in both directions. Finding by index or
/// content is a walk, a change moves what follows: for the sizes that directives allow, that is faster than anything
/// with pointers, and takes least memory.</para>
/// <para>Functions that change a listpack return where it is now and free the old block; places of elements taken
/// before are void. The block is as large as its size class, so most changes move nothing. A function that throws
/// <see cref="HeapExhaustedException"/> has changed nothing; removing does not throw, the checking mode aside. Blocks that came from outside must have passed
/// <see cref="ListpackCheck"/>.</para>
/// </remarks>
public static unsafe class Listpack
{
    /// <summary>The bytes in front of the first element.</summary>
    public const int HeaderBytes = 6;

    /// <summary>The size of one without elements.</summary>
    public const int EmptyBytes = HeaderBytes + 1;

    /// <summary>No listpack grows beyond this size.</summary>
    public const int BytesMax = 1 << 30;

    /// <summary>The most bytes that an element needs beside its text.</summary>
    public const int ElementOverheadMax = 5 + ListpackCode.BackLengthBytesMax;

    private const int CountUnknown = ushort.MaxValue;

    /// <summary>A listpack without elements.</summary>
    /// <param name="heap">Where it lies.</param>
    /// <param name="capacity">The size it will soon have; adding up to it moves nothing.</param>
    public static byte* Create(Heap heap, int capacity = EmptyBytes)
    {
        byte* pack = heap.Allocate((nuint)Math.Max(capacity, EmptyBytes));
        SetTotalBytes(pack, EmptyBytes);
        SetCount(pack, 0);
        pack[HeaderBytes] = ListpackCode.End;
        return pack;
    }

    /// <summary>A copy of checked bytes.</summary>
    public static byte* CopyOf(Heap heap, ReadOnlySpan<byte> bytes)
    {
        byte* pack = heap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(pack, bytes.Length));
        return pack;
    }

    /// <summary>The size in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TotalBytes(byte* pack) => Unsafe.ReadUnaligned<int>(pack);

    /// <summary>All its bytes.</summary>
    public static ReadOnlySpan<byte> Bytes(byte* pack) => new(pack, TotalBytes(pack));

    /// <summary>Whether elements of these many bytes can still be added.</summary>
    public static bool HasRoomFor(byte* pack, long bytes) => TotalBytes(pack) + bytes <= BytesMax;

    /// <summary>The number of elements.</summary>
    public static int Count(byte* pack)
    {
        int count = Unsafe.ReadUnaligned<ushort>(pack + 4);
        if (count != CountUnknown) return count;
        count = 0;
        for (byte* at = First(pack); at != null; at = Next(at)) count++;
        if (count < CountUnknown) SetCount(pack, count);
        return count;
    }

    /// <summary>The first element, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* First(byte* pack) => pack[HeaderBytes] == ListpackCode.End ? null : pack + HeaderBytes;

    /// <summary>The last element, or null.</summary>
    public static byte* Last(byte* pack) => Previous(pack, pack + TotalBytes(pack) - 1);

    /// <summary>The element after one, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Next(byte* element)
    {
        element = Skip(element);
        return *element == ListpackCode.End ? null : element;
    }

    /// <summary>The element in front of one, or null.</summary>
    public static byte* Previous(byte* pack, byte* element)
    {
        if (element == pack + HeaderBytes) return null;
        ulong body = ListpackCode.ReadBackLength(element, out int bytes);
        return element - bytes - (long)body;
    }

    /// <summary>The element at an index; from the end when negative; null when there is none.</summary>
    public static byte* At(byte* pack, long index)
    {
        int known = Unsafe.ReadUnaligned<ushort>(pack + 4);
        if (known != CountUnknown)
        {
            if (index >= known || index < -known) return null;
            // The nearer end first.
            if (index >= 0 && index > known / 2) index -= known;
            else if (index < 0 && index < -(known / 2)) index += known;
        }
        byte* at;
        if (index >= 0)
        {
            for (at = First(pack); at != null && index > 0; index--) at = Next(at);
            return at;
        }
        for (at = Last(pack); at != null && index < -1; index++) at = Previous(pack, at);
        return at;
    }

    /// <summary>The bytes of an element of up to 63 of them that is no number: what most elements are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryGetShort(byte* element, out int length)
    {
        length = *element & 63;
        return (*element & 0xC0) == ListpackCode.String6;
    }

    /// <summary>The place behind an element of which <see cref="TryGetShort"/> gave the length: the next one or the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* SkipShort(byte* element, int length) => element + length + 2;

    /// <summary>What an element is.</summary>
    public static ListpackElement Get(byte* element)
    {
        byte lead = *element;
        if (lead < ListpackCode.String6) return new ListpackElement(lead);
        if (lead < ListpackCode.Int13) return new ListpackElement(element + 1, lead & 63);
        if (lead < ListpackCode.String12) return new ListpackElement(SignExtend((long)(lead & 31) << 8 | element[1], 13));
        if (lead < ListpackCode.String32) return new ListpackElement(element + 2, (lead & 15) << 8 | element[1]);
        return lead switch
        {
            ListpackCode.String32 => new ListpackElement(element + 5, Unsafe.ReadUnaligned<int>(element + 1)),
            ListpackCode.Int16 => new ListpackElement(Unsafe.ReadUnaligned<short>(element + 1)),
            ListpackCode.Int24 => new ListpackElement(SignExtend(Unsafe.ReadUnaligned<ushort>(element + 1) | (long)element[3] << 16, 24)),
            ListpackCode.Int32 => new ListpackElement(Unsafe.ReadUnaligned<int>(element + 1)),
            _ => new ListpackElement(Unsafe.ReadUnaligned<long>(element + 1)),
        };
    }

    /// <summary>The first element from a place on that has these bytes; null when there is none.</summary>
    /// <param name="from">Where to start; may be null.</param>
    /// <param name="text">The bytes.</param>
    /// <param name="skip">Elements to pass over after each one compared.</param>
    public static byte* Find(byte* from, ReadOnlySpan<byte> text, int skip)
    {
        if (from == null) return null;
        var pattern = new ListpackPattern(text);
        for (; ; )
        {
            if (pattern.Matches(from)) return from;
            for (int i = 0; i <= skip; i++)
            {
                from = Skip(from);
                if (*from == ListpackCode.End) return null;
            }
        }
    }

    /// <summary>Adds an element at the end.</summary>
    public static byte* Append(Heap heap, byte* pack, ReadOnlySpan<byte> text) =>
        InsertItem(heap, pack, TotalBytes(pack) - 1, new ListpackItem(text));

    /// <summary>Adds a number at the end.</summary>
    public static byte* Append(Heap heap, byte* pack, long number) =>
        InsertItem(heap, pack, TotalBytes(pack) - 1, new ListpackItem(number));

    /// <summary>Adds two elements at the end, both or none.</summary>
    public static byte* AppendPair(Heap heap, byte* pack, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        ListpackItem firstItem = new(first);
        ListpackItem secondItem = new(second);
        int offset = TotalBytes(pack) - 1;
        pack = Splice(heap, pack, offset, 0, checked(firstItem.TotalBytes + secondItem.TotalBytes));
        firstItem.Write(pack + offset);
        secondItem.Write(pack + offset + firstItem.TotalBytes);
        AddCount(pack, 2);
        return pack;
    }

    /// <summary>Adds two elements in front of one, or (null) at the end, in one step.</summary>
    internal static byte* InsertPair(Heap heap, byte* pack, byte* before, in ListpackItem first, in ListpackItem second)
    {
        int offset = before == null ? TotalBytes(pack) - 1 : (int)(before - pack);
        pack = Splice(heap, pack, offset, 0, first.TotalBytes + second.TotalBytes);
        first.Write(pack + offset);
        second.Write(pack + offset + first.TotalBytes);
        AddCount(pack, 2);
        return pack;
    }

    /// <summary>Puts another element in the place of one.</summary>
    internal static byte* Replace(Heap heap, byte* pack, ref byte* element, in ListpackItem item) =>
        ReplaceItem(heap, pack, ref element, item);

    /// <summary>Puts another element in the place of one.</summary>
    public static byte* Replace(Heap heap, byte* pack, ref byte* element, ReadOnlySpan<byte> text) =>
        ReplaceItem(heap, pack, ref element, new ListpackItem(text));

    /// <summary>As with bytes.</summary>
    public static byte* Replace(Heap heap, byte* pack, ref byte* element, long number) =>
        ReplaceItem(heap, pack, ref element, new ListpackItem(number));

    /// <summary>Removes the element at a place, where its successor is found afterwards (null: there is none).</summary>
    public static byte* Remove(Heap heap, byte* pack, ref byte* element) => RemoveRange(heap, pack, ref element, 1);

    /// <summary>Removes elements from a place on, where their successor is found afterwards (null: there is none).</summary>
    /// <param name="heap">Where the listpack lies.</param>
    /// <param name="pack">The listpack.</param>
    /// <param name="element">The first to go.</param>
    /// <param name="count">How many; fewer when the end comes first.</param>
    public static byte* RemoveRange(Heap heap, byte* pack, ref byte* element, long count)
    {
        byte* end = element;
        int removed = 0;
        for (; removed < count && *end != ListpackCode.End; removed++) end = Skip(end);
        int offset = (int)(element - pack);
        pack = Splice(heap, pack, offset, (int)(end - element), 0);
        AddCount(pack, -removed);
        element = pack[offset] == ListpackCode.End ? null : pack + offset;
        return pack;
    }

    /// <summary>Gives back what the block has beyond the listpack's size.</summary>
    public static byte* Trim(Heap heap, byte* pack)
    {
        nuint total = (nuint)TotalBytes(pack);
        return Heap.RoundedSize(total) < heap.UsableSize(pack) ? TryMove(heap, pack, total) : pack;
    }

    /// <summary>What an element of these bytes would take.</summary>
    public static int ItemBytes(ReadOnlySpan<byte> text) => new ListpackItem(text).TotalBytes;

    /// <summary>The end of an element: the next one, or the end byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Skip(byte* element)
    {
        uint body = ListpackCode.BodyBytes(element);
        return element + body + (uint)ListpackCode.BackLengthBytes((int)body);
    }

    private static byte* InsertItem(Heap heap, byte* pack, int offset, in ListpackItem item)
    {
        pack = Splice(heap, pack, offset, 0, item.TotalBytes);
        item.Write(pack + offset);
        AddCount(pack, 1);
        return pack;
    }

    private static byte* ReplaceItem(Heap heap, byte* pack, ref byte* element, in ListpackItem item)
    {
        int offset = (int)(element - pack);
        pack = Splice(heap, pack, offset, (int)(Skip(element) - element), item.TotalBytes);
        element = pack + offset;
        item.Write(element);
        return pack;
    }

    /// <summary>Replaces bytes at an offset by room for others; what follows moves along.</summary>
    private static byte* Splice(Heap heap, byte* pack, int offset, int removed, int added)
    {
        int total = TotalBytes(pack);
        long wanted = (long)total - removed + added;
        if (wanted > BytesMax) throw new HeapExhaustedException(wanted);
        int rest = total - offset - removed;
        nuint usable = heap.UsableSize(pack);
        if ((nuint)wanted <= usable && !heap.MovesOnWrite)
        {
            if (added != removed) Buffer.MemoryCopy(pack + offset + removed, pack + offset + added, rest, rest);
            SetTotalBytes(pack, (int)wanted);
            return added < removed && IsWasteful(usable, (nuint)wanted) ? TryMove(heap, pack, (nuint)wanted) : pack;
        }
        byte* fresh = heap.Allocate((nuint)wanted);
        Unsafe.CopyBlockUnaligned(fresh, pack, (uint)offset);
        Unsafe.CopyBlockUnaligned(fresh + offset + added, pack + offset + removed, (uint)rest);
        SetTotalBytes(fresh, (int)wanted);
        heap.Free(pack);
        return fresh;
    }

    /// <summary>Moves what a block holds to one of its size; it stays where it is when there is no memory for that.</summary>
    internal static byte* TryMove(Heap heap, byte* block, nuint bytes)
    {
        byte* fresh;
        try
        {
            fresh = heap.Allocate(bytes);
        }
        catch (HeapExhaustedException)
        {
            return block;
        }
        Unsafe.CopyBlockUnaligned(fresh, block, (uint)bytes);
        heap.Free(block);
        return fresh;
    }

    /// <summary>Whether a block is so much larger than needed that moving pays: beyond what comes and goes around one size.</summary>
    internal static bool IsWasteful(nuint usable, nuint wanted) => usable - wanted > 64 + (wanted >> 2);

    /// <summary>Notes that elements came or went; a count that is unknown stays so.</summary>
    internal static void AddCount(byte* pack, int change)
    {
        int count = Unsafe.ReadUnaligned<ushort>(pack + 4);
        if (count != CountUnknown) SetCount(pack, count + change);
    }

    internal static void SetCount(byte* pack, int count) => Unsafe.WriteUnaligned(pack + 4, (ushort)Math.Min(count, CountUnknown));

    internal static void SetTotalBytes(byte* pack, int bytes) => Unsafe.WriteUnaligned(pack, bytes);

    private static long SignExtend(long value, int bits) => value << (64 - bits) >> (64 - bits);
}
