using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Lists;

/// <summary>
/// A listpack with room on both sides in one block: what a list's elements lie in, so that adding and removing at
/// either end moves a few bytes and not the whole listpack.
/// </summary>
/// <remarks>
/// <code>
/// 0    where the listpack starts in the block, four bytes
///      free bytes
///      the listpack, byte for byte as RDB files hold it
///      free bytes
/// </code>
/// <para>A change moves whichever part, in front or behind, is shorter. When that side has no room, the listpack slides
/// to the other end of its block if that leaves an eighth free, else it gets a larger block with an eighth to spare, so
/// that growing costs a constant number of copied bytes per byte. The sizes asked for do not go beyond a power of two
/// that holds the listpack: nodes of a quicklist are limited by such sizes, and so full nodes have no bytes to
/// spare.</para>
/// <para>Functions that change something return where the block is now. One that throws
/// <see cref="HeapExhaustedException"/> has changed nothing. Removing does not throw, the checking mode aside.</para>
/// </remarks>
internal static unsafe class PackBlock
{
    /// <summary>The bytes in front of everything else.</summary>
    public const int HeaderBytes = sizeof(uint);

    private const int SlackMin = 8;
    private const int SlackShift = 3;

    /// <summary>Moving no more bytes than that is cheaper than anything that makes room on the better side.</summary>
    private const int CheapMoveBytes = 64;

    /// <summary>The listpack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Pack(byte* block) => block + Unsafe.ReadUnaligned<uint>(block);

    /// <summary>An empty listpack in a block that has room for some more.</summary>
    public static byte* Create(Heap heap, int roomBytes)
    {
        byte* block = heap.Allocate((nuint)(HeaderBytes + Listpack.EmptyBytes + roomBytes));
        Init(Place(block, HeaderBytes), Listpack.EmptyBytes, 0);
        return block;
    }

    /// <summary>A copy of checked bytes, without room to spare.</summary>
    public static byte* CopyOf(Heap heap, ReadOnlySpan<byte> pack)
    {
        byte* block = heap.Allocate((nuint)(HeaderBytes + pack.Length));
        pack.CopyTo(new Span<byte>(Place(block, HeaderBytes), pack.Length));
        return block;
    }

    /// <summary>A block for a listpack of that size, whose bytes the caller writes.</summary>
    public static byte* CreateRaw(Heap heap, int packBytes)
    {
        byte* block = heap.Allocate((nuint)(HeaderBytes + packBytes));
        Place(block, HeaderBytes);
        return block;
    }

    /// <summary>A listpack of elements of another one, with room for one more on one side.</summary>
    /// <param name="heap">Where it will lie.</param>
    /// <param name="first">The first element.</param>
    /// <param name="bytes">The bytes of all.</param>
    /// <param name="count">Their number.</param>
    /// <param name="roomBytes">Bytes to leave free.</param>
    /// <param name="roomInFront">Whether in front.</param>
    public static byte* OfElements(Heap heap, byte* first, int bytes, int count, int roomBytes, bool roomInFront)
    {
        int total = Listpack.EmptyBytes + bytes;
        byte* block = heap.Allocate((nuint)HeaderBytes + (nuint)total + (nuint)roomBytes);
        byte* pack = Place(block, HeaderBytes + (roomInFront ? roomBytes : 0));
        Init(pack, total, count);
        Unsafe.CopyBlockUnaligned(pack + Listpack.HeaderBytes, first, (uint)bytes);
        return block;
    }

    /// <summary>Adds an element in front.</summary>
    public static byte* Prepend(Heap heap, byte* block, ReadOnlySpan<byte> text) => Insert(heap, block, Listpack.HeaderBytes, text);

    /// <summary>Adds an element at the end.</summary>
    public static byte* Append(Heap heap, byte* block, ReadOnlySpan<byte> text) =>
        Insert(heap, block, Listpack.TotalBytes(Pack(block)) - 1, text);

    /// <summary>Adds an element in front of the one at an offset.</summary>
    public static byte* Insert(Heap heap, byte* block, int offset, ReadOnlySpan<byte> text)
    {
        var item = new ListpackItem(text);
        block = Splice(heap, block, offset, 0, item.TotalBytes);
        byte* pack = Pack(block);
        item.Write(pack + offset);
        Listpack.AddCount(pack, 1);
        return block;
    }

    /// <summary>Adds elements of another listpack in front of the one at an offset.</summary>
    public static byte* InsertElements(Heap heap, byte* block, int offset, byte* first, int bytes, int count)
    {
        block = Splice(heap, block, offset, 0, bytes);
        byte* pack = Pack(block);
        Unsafe.CopyBlockUnaligned(pack + offset, first, (uint)bytes);
        Listpack.AddCount(pack, count);
        return block;
    }

    /// <summary>Puts another element in the place of the one at an offset.</summary>
    public static byte* Replace(Heap heap, byte* block, int offset, ReadOnlySpan<byte> text)
    {
        var item = new ListpackItem(text);
        byte* element = Pack(block) + offset;
        block = Splice(heap, block, offset, (int)(Listpack.Skip(element) - element), item.TotalBytes);
        item.Write(Pack(block) + offset);
        return block;
    }

    /// <summary>Removes elements from an offset on.</summary>
    public static byte* Remove(Heap heap, byte* block, int offset, int bytes, int count)
    {
        block = Splice(heap, block, offset, bytes, 0);
        Listpack.AddCount(Pack(block), -count);
        return block;
    }

    /// <summary>Removes the elements that match, but the first few, up to a number; there are as many.</summary>
    public static byte* RemoveMatches(Heap heap, byte* block, in ListpackPattern pattern, int skip, int count)
    {
        byte* pack = Pack(block);
        byte* read = pack + Listpack.HeaderBytes;
        byte* write = read;
        for (int left = count; left > 0;)
        {
            byte* next = Listpack.Skip(read);
            if (pattern.Matches(read) && skip-- <= 0)
            {
                left--;
            }
            else
            {
                Buffer.MemoryCopy(read, write, next - read, next - read);
                write += next - read;
            }
            read = next;
        }
        return Remove(heap, block, (int)(write - pack), (int)(read - write), count);
    }

    /// <summary>Gives back what the block has to spare, if there is memory to move to.</summary>
    public static byte* Trim(Heap heap, byte* block)
    {
        int total = Listpack.TotalBytes(Pack(block));
        nuint needed = (nuint)(HeaderBytes + total);
        return Heap.RoundedSize(needed) < heap.UsableSize(block) ? TryShrink(heap, block) : block;
    }

    /// <summary>Replaces bytes at an offset by room for others.</summary>
    private static byte* Splice(Heap heap, byte* block, int offset, int removed, int added)
    {
        byte* pack = Pack(block);
        int total = Listpack.TotalBytes(pack);
        long wanted = (long)total - removed + added;
        if (wanted > Listpack.BytesMax) throw new HeapExhaustedException(wanted);
        long usable = (long)heap.UsableSize(block);
        if (heap.MovesOnWrite || HeaderBytes + wanted > usable) return Rebuild(heap, block, offset, removed, added);

        int growth = added - removed;
        int rest = total - offset - removed;
        bool movesFront = offset < rest;
        long roomInFront = pack - block - HeaderBytes;
        long roomBehind = usable - HeaderBytes - roomInFront - total;
        if (growth > (movesFront ? roomInFront : roomBehind))
        {
            if ((movesFront ? rest : offset) <= CheapMoveBytes && growth <= (movesFront ? roomBehind : roomInFront)) movesFront = !movesFront;
            else if (BlockBytes(wanted, growth) > (nuint)usable) return Rebuild(heap, block, offset, removed, added);
            else pack = Slide(block, total, movesFront ? usable - total : HeaderBytes);
        }
        pack = MoveApart(block, pack, offset, removed, growth, rest, movesFront);
        Listpack.SetTotalBytes(pack, (int)wanted);
        bool isWasteful = growth < 0 && Listpack.IsWasteful((nuint)usable, (nuint)(HeaderBytes + wanted));
        return isWasteful ? TryShrink(heap, block) : block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* MoveApart(byte* block, byte* pack, int offset, int removed, int growth, int rest, bool movesFront)
    {
        if (growth == 0) return pack;
        if (!movesFront)
        {
            byte* from = pack + offset + removed;
            Buffer.MemoryCopy(from, from + growth, rest, rest);
            return pack;
        }
        Buffer.MemoryCopy(pack, pack - growth, offset, offset);
        return Place(block, pack - growth - block);
    }

    /// <summary>Moves the listpack within its block.</summary>
    private static byte* Slide(byte* block, int total, long start)
    {
        byte* from = Pack(block);
        byte* to = Place(block, start);
        Buffer.MemoryCopy(from, to, total, total);
        return to;
    }

    /// <summary>The same as splicing, into another block; when it grows, with room to spare where it does.</summary>
    private static byte* Rebuild(Heap heap, byte* block, int offset, int removed, int added)
    {
        byte* pack = Pack(block);
        int total = Listpack.TotalBytes(pack);
        int wanted = total - removed + added;
        int rest = total - offset - removed;
        byte* fresh = heap.Allocate(BlockBytes(wanted, added - removed));
        bool growsInFront = added > removed && offset < rest;
        byte* target = Place(fresh, growsInFront ? (long)heap.UsableSize(fresh) - wanted : HeaderBytes);
        Unsafe.CopyBlockUnaligned(target, pack, (uint)offset);
        Unsafe.CopyBlockUnaligned(target + offset + added, pack + offset + removed, (uint)rest);
        Listpack.SetTotalBytes(target, wanted);
        heap.Free(block);
        return fresh;
    }

    /// <summary>Moves to a block without room to spare; stays when there is no memory for it.</summary>
    private static byte* TryShrink(Heap heap, byte* block)
    {
        byte* pack = Pack(block);
        try
        {
            byte* fresh = CopyOf(heap, Listpack.Bytes(pack));
            heap.Free(block);
            return fresh;
        }
        catch (HeapExhaustedException)
        {
            return block;
        }
    }

    /// <summary>The size of a new block for a listpack that just grew, or did not.</summary>
    private static nuint BlockBytes(long wanted, int growth)
    {
        nuint needed = (nuint)(HeaderBytes + wanted);
        if (growth <= 0) return needed;
        nuint ample = needed + SlackMin + (needed >> SlackShift);
        return nuint.Min(ample, BitOperations.RoundUpToPowerOf2(needed));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Place(byte* block, long start)
    {
        Unsafe.WriteUnaligned(block, (uint)start);
        return block + start;
    }

    private static void Init(byte* pack, int total, int count)
    {
        Listpack.SetTotalBytes(pack, total);
        Listpack.SetCount(pack, count);
        pack[total - 1] = ListpackCode.End;
    }
}
