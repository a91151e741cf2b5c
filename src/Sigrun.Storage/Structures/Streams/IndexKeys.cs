using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>What an <see cref="OrderedIndex"/> is asked for, and its order.</summary>
internal unsafe interface IIndexKey
{
    /// <summary>The first half of what a slot keeps of the key.</summary>
    ulong High { get; }

    /// <summary>The second half.</summary>
    ulong Low { get; }

    /// <summary>Compares with the key of a slot in a node of a level.</summary>
    int CompareTo(IndexSlot* slot, int level);
}

/// <summary>An ID: the slot keeps all of it.</summary>
internal readonly unsafe struct IdKey(StreamId id) : IIndexKey
{
    private readonly StreamId _id = id;

    public ulong High => _id.Ms;

    public ulong Low => _id.Seq;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CompareTo(IndexSlot* slot, int level)
    {
        if (_id.Ms != slot->High) return _id.Ms < slot->High ? -1 : 1;
        return _id.Seq == slot->Low ? 0 : _id.Seq < slot->Low ? -1 : 1;
    }
}

/// <summary>The beginning of every block that an index finds by name.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NamedBlock
{
    public int NameLength;
    public int NameOffset;

    public static ReadOnlySpan<byte> Name(byte* block)
    {
        NamedBlock* head = (NamedBlock*)block;
        return new ReadOnlySpan<byte>(block + head->NameOffset, head->NameLength);
    }
}

/// <summary>
/// A name, in the order of bytes: the slot keeps its first sixteen, padded with zeros, and the block it leads to has
/// the rest. In an inner node that is the block that comes first below the slot.
/// </summary>
internal readonly unsafe ref struct NameKey : IIndexKey
{
    private readonly ReadOnlySpan<byte> _name;

    public NameKey(ReadOnlySpan<byte> name)
    {
        _name = name;
        Span<byte> start = stackalloc byte[StreamId.Bytes];
        start.Clear();
        name[..Math.Min(name.Length, start.Length)].CopyTo(start);
        High = BinaryPrimitives.ReadUInt64BigEndian(start);
        Low = BinaryPrimitives.ReadUInt64BigEndian(start[sizeof(ulong)..]);
    }

    public ulong High { get; }

    public ulong Low { get; }

    public int CompareTo(IndexSlot* slot, int level)
    {
        if (High != slot->High) return High < slot->High ? -1 : 1;
        if (Low != slot->Low) return Low < slot->Low ? -1 : 1;
        for (; level > 0; level--) slot = IndexNode.Slots((IndexNode*)slot->Item);
        return _name.SequenceCompareTo(NamedBlock.Name(slot->Item));
    }
}
