using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>A node of a stream as it lies in memory and in RDB files: a listpack of up to some hundred entries.</summary>
/// <remarks>
/// <code>
/// entries | deleted | fields | field … | 0                      the head
/// flags | ms | seq | value … | elements                         an entry with the fields of the head
/// flags | ms | seq | fields | field value … | elements          any other entry
/// </code>
/// Times and numbers are differences to the ID by which the index finds the node, which is that of its first entry.
/// The last element of an entry counts the others, so that one can go backwards; the zero behind the head ends that.
/// A deleted entry stays and is flagged; a node goes when no other is left. All numbers in it are kept as numbers: what
/// comes from outside is checked by <see cref="StreamNodeCheck"/>.
/// </remarks>
internal unsafe ref struct StreamNode
{
    public const long DeletedFlag = 1;
    public const long SameFieldsFlag = 2;

    /// <summary>Elements of every entry: flags, time, number.</summary>
    public const int FixedElements = 3;

    public readonly byte* Pack;
    public readonly StreamId FirstId;
    public readonly long Live;
    public readonly long Deleted;
    public readonly int FieldCount;

    /// <summary>The first field of the head.</summary>
    public readonly byte* Fields;

    public StreamNode(byte* pack, StreamId firstId)
    {
        Pack = pack;
        FirstId = firstId;
        byte* at = pack + Listpack.HeaderBytes;
        Live = ReadNumber(ref at);
        Deleted = ReadNumber(ref at);
        FieldCount = (int)ReadNumber(ref at);
        Fields = at;
    }

    public StreamNode(IndexSlot* slot)
        : this(slot->Item, slot->Id)
    {
    }

    /// <summary>Where the first entry begins.</summary>
    public readonly byte* FirstEntry
    {
        get
        {
            byte* at = Fields;
            Skip(ref at, FieldCount + 1);
            return at;
        }
    }

    /// <summary>The byte behind the last entry.</summary>
    public readonly byte* End => Pack + Listpack.TotalBytes(Pack) - 1;

    /// <summary>Reads the entry at a place, and moves behind its ID and number of fields.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly StreamEntryHead ReadEntry(ref byte* at)
    {
        StreamEntryHead entry;
        entry.FlagsAt = at;
        entry.Flags = ReadNumber(ref at);
        ulong ms = (ulong)ReadNumber(ref at);
        ulong seq = (ulong)ReadNumber(ref at);
        entry.Id = new StreamId(unchecked(FirstId.Ms + ms), unchecked(FirstId.Seq + seq));
        entry.FieldCount = (entry.Flags & SameFieldsFlag) != 0 ? FieldCount : (int)ReadNumber(ref at);
        return entry;
    }

    /// <summary>Where the entry in front of a place (the beginning of one, or the end) begins; null when there is none.</summary>
    public readonly byte* Previous(byte* at)
    {
        at = Listpack.Previous(Pack, at);
        byte* count = at;
        long elements = ReadNumber(ref count);
        if (elements == 0) return null;
        for (; elements > 0; elements--) at = Listpack.Previous(Pack, at);
        return at;
    }

    /// <summary>The ID of the last entry, deleted or not; zero when there is none.</summary>
    public readonly StreamId LastId
    {
        get
        {
            byte* at = Previous(End);
            return at == null ? default : ReadEntry(ref at).Id;
        }
    }

    /// <summary>Reads a number and moves behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ReadNumber(ref byte* at)
    {
        byte lead = *at;
        if (lead >= ListpackCode.String6) return ReadLongNumber(ref at);
        at += 2;
        return lead;
    }

    /// <summary>Moves over elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Skip(ref byte* at, int count)
    {
        for (; count > 0; count--) at = Listpack.Skip(at);
    }

    private static long ReadLongNumber(ref byte* at)
    {
        byte lead = *at;
        if (lead is >= ListpackCode.Int13 and < ListpackCode.String12)
        {
            long value = (long)((uint)(lead & 31) << 8 | at[1]) << (64 - 13) >> (64 - 13);
            at += 3;
            return value;
        }
        long number = Listpack.Get(at).Number;
        at = Listpack.Skip(at);
        return number;
    }
}

/// <summary>What comes in front of an entry's fields and values.</summary>
internal unsafe struct StreamEntryHead
{
    public byte* FlagsAt;
    public long Flags;
    public StreamId Id;
    public int FieldCount;

    public readonly bool IsDeleted => (Flags & StreamNode.DeletedFlag) != 0;

    /// <summary>Elements between what was read and the count at the entry's end.</summary>
    public readonly int BodyElements => (Flags & StreamNode.SameFieldsFlag) != 0 ? FieldCount : 2 * FieldCount;
}
