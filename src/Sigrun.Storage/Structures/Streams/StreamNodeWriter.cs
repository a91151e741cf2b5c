using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>Makes and changes the nodes of streams.</summary>
/// <remarks>
/// Room is made before anything is written, with some to spare while a node fills, so that adding an entry is plain
/// writing at its end. Functions return where the node is now. A function that throws
/// <see cref="HeapExhaustedException"/> has changed nothing.
/// </remarks>
internal static unsafe class StreamNodeWriter
{
    /// <summary>The most that the numbers of an entry or head take, beside its fields and values.</summary>
    private const int NumbersMax = 48;

    /// <summary>What the counts in the head can grow by.</summary>
    private const int CountsGrowthMax = 18;

    private const int ShortOverheadMax = 2;
    private const int SpareMax = 1024;

    /// <summary>The bytes of all fields and values, and the most that they can take as elements.</summary>
    public static long Measure<TFields>(TFields fields, out long elementBytesMax) where TFields : struct, IStreamFields, allows ref struct
    {
        long text = 0;
        long overhead = 0;
        for (int i = 0; i < 2 * fields.Count; i++)
        {
            int length = fields[i].Length;
            text += length;
            overhead += length < ListpackCode.String12MinLength ? ShortOverheadMax : Listpack.ElementOverheadMax;
        }
        elementBytesMax = text + overhead;
        return text;
    }

    /// <summary>A node with one entry.</summary>
    public static byte* Create<TFields>(Heap heap, TFields fields, long elementBytesMax) where TFields : struct, IStreamFields, allows ref struct
    {
        // Fields stand in the head, values in the entry.
        long capacity = Listpack.EmptyBytes + elementBytesMax + 2 * NumbersMax;
        byte* pack = Listpack.Create(heap, (int)capacity);
        byte* at = pack + Listpack.HeaderBytes;
        WriteNumber(ref at, 1);
        WriteNumber(ref at, 0);
        WriteNumber(ref at, fields.Count);
        for (int i = 0; i < fields.Count; i++) WriteText(ref at, fields[2 * i]);
        WriteNumber(ref at, 0);
        WriteEntry(ref at, fields, 0, 0, sameFields: true);
        int elements = 4 + fields.Count + ElementsOf(fields.Count, sameFields: true) + 1;
        Finish(pack, at, elements);
        return pack;
    }

    /// <summary>Adds an entry at the end.</summary>
    public static byte* Append<TFields>(Heap heap, byte* pack, StreamId firstId, StreamId id, TFields fields, long elementBytesMax)
        where TFields : struct, IStreamFields, allows ref struct
    {
        pack = MakeRoom(heap, pack, elementBytesMax + NumbersMax);
        var node = new StreamNode(pack, firstId);
        bool same = HasFields(node, fields);
        SetNumber(pack, pack + Listpack.HeaderBytes, node.Live + 1);
        byte* at = pack + Listpack.TotalBytes(pack) - 1;
        WriteEntry(ref at, fields, unchecked((long)(id.Ms - firstId.Ms)), unchecked((long)(id.Seq - firstId.Seq)), same);
        Finish(pack, at, ElementsOf(fields.Count, same) + 1);
        return pack;
    }

    /// <summary>Makes sure that entries can be flagged and counted as deleted without moving the node.</summary>
    public static byte* PrepareDeletion(Heap heap, byte* pack)
    {
        bool canGrow = Listpack.TotalBytes(pack) + CountsGrowthMax > (long)heap.UsableSize(pack);
        return canGrow && !CountsFit(pack) || heap.MovesOnWrite ? MakeRoom(heap, pack, CountsGrowthMax) : pack;
    }

    /// <summary>Flags an entry of a prepared node as deleted.</summary>
    public static void FlagDeleted(byte* flagsAt) => *flagsAt |= (byte)StreamNode.DeletedFlag;

    /// <summary>Notes how many entries of a prepared node are there, and how many were.</summary>
    public static void SetCounts(byte* pack, long live, long deleted)
    {
        byte* at = pack + Listpack.HeaderBytes;
        SetNumber(pack, at, live);
        SetNumber(pack, Listpack.Skip(at), deleted);
    }

    /// <summary>Whether another deletion or two leave the counts as long as they are: the usual case.</summary>
    private static bool CountsFit(byte* pack)
    {
        const int OneByteMax = 127;
        byte* deleted = Listpack.Skip(pack + Listpack.HeaderBytes);
        return new StreamNode(pack, default) is { Live: <= OneByteMax } node && node.Live + node.Deleted <= OneByteMax && *deleted <= OneByteMax;
    }

    private static int ElementsOf(int fields, bool sameFields) => StreamNode.FixedElements + (sameFields ? fields : 2 * fields + 1);

    private static void WriteEntry<TFields>(ref byte* at, TFields fields, long ms, long seq, bool sameFields)
        where TFields : struct, IStreamFields, allows ref struct
    {
        int count = fields.Count;
        WriteNumber(ref at, sameFields ? StreamNode.SameFieldsFlag : 0);
        WriteNumber(ref at, ms);
        WriteNumber(ref at, seq);
        if (sameFields)
        {
            for (int i = 0; i < count; i++) WriteText(ref at, fields[2 * i + 1]);
        }
        else
        {
            WriteNumber(ref at, count);
            for (int i = 0; i < 2 * count; i++) WriteText(ref at, fields[i]);
        }
        WriteNumber(ref at, ElementsOf(count, sameFields));
    }

    private static bool HasFields<TFields>(in StreamNode node, TFields fields) where TFields : struct, IStreamFields, allows ref struct
    {
        if (fields.Count != node.FieldCount) return false;
        byte* at = node.Fields;
        for (int i = 0; i < fields.Count; i++)
        {
            if (!HasText(at, fields[2 * i])) return false;
            at = Listpack.Skip(at);
        }
        return true;
    }

    private static bool HasText(byte* element, ReadOnlySpan<byte> text)
    {
        byte lead = *element;
        if (lead is >= ListpackCode.String6 and < ListpackCode.Int13)
            return new ReadOnlySpan<byte>(element + 1, lead & 63).SequenceEqual(text);
        return Listpack.Get(element).BytesEqual(text);
    }

    /// <summary>Writes the end byte behind what was written, and the sizes.</summary>
    private static void Finish(byte* pack, byte* end, int elements)
    {
        *end = ListpackCode.End;
        Listpack.SetTotalBytes(pack, (int)(end + 1 - pack));
        Listpack.AddCount(pack, elements);
    }

    private static byte* MakeRoom(Heap heap, byte* pack, long added)
    {
        int total = Listpack.TotalBytes(pack);
        long wanted = total + added;
        if (wanted <= (long)heap.UsableSize(pack) && !heap.MovesOnWrite) return pack;
        byte* fresh = heap.Allocate((nuint)(wanted + Math.Min(wanted / 2, SpareMax)));
        Unsafe.CopyBlockUnaligned(fresh, pack, (uint)total);
        heap.Free(pack);
        return fresh;
    }

    /// <summary>Puts a number in the place of one; what follows moves when it takes more or fewer bytes.</summary>
    private static void SetNumber(byte* pack, byte* at, long number)
    {
        if (*at < ListpackCode.String6 && (ulong)number < ListpackCode.String6)
        {
            *at = (byte)number;
            return;
        }
        var item = new ListpackItem(number);
        byte* behind = Listpack.Skip(at);
        int total = Listpack.TotalBytes(pack);
        long rest = pack + total - behind;
        Buffer.MemoryCopy(behind, at + item.TotalBytes, rest, rest);
        Listpack.SetTotalBytes(pack, total + item.TotalBytes - (int)(behind - at));
        item.Write(at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteNumber(ref byte* at, long number)
    {
        if ((ulong)number < ListpackCode.String6)
        {
            at[0] = (byte)number;
            at[1] = 1;
            at += 2;
            return;
        }
        WriteItem(ref at, new ListpackItem(number));
    }

    private static void WriteText(ref byte* at, ReadOnlySpan<byte> text) => WriteItem(ref at, new ListpackItem(text));

    private static void WriteItem(ref byte* at, in ListpackItem item)
    {
        item.Write(at);
        at += item.TotalBytes;
    }
}
