using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.Lists;

/// <summary>A part of a large list: a listpack, or one large element; either may be compressed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(int))]
internal unsafe struct QuickListNode
{
    public QuickListNode* Previous;
    public QuickListNode* Next;

    /// <summary>A <see cref="PackBlock"/>, the bytes of a plain element, or a length of four bytes and compressed bytes.</summary>
    public byte* Block;

    /// <summary>The size of the listpack, or of the plain element, when not compressed.</summary>
    public int Bytes;

    /// <summary>The number of elements.</summary>
    public int Count;

    /// <summary>Whether the node is one element that no listpack holds.</summary>
    public bool IsPlain;

    /// <summary>Whether the bytes are compressed.</summary>
    public bool IsCompressed;

    /// <summary>Whether a snapshot waits for the node: when it is not that of the list.</summary>
    public byte SnapshotMark;

    /// <summary>The bytes of <see cref="Block"/> that matter.</summary>
    public readonly int StoredBytes =>
        IsCompressed ? sizeof(int) + *(int*)Block : IsPlain ? Bytes : (int)(PackBlock.Pack(Block) - Block) + Bytes;

    /// <summary>The compressed bytes.</summary>
    public readonly ReadOnlySpan<byte> Compressed => new(Block + sizeof(int), *(int*)Block);

    /// <summary>The bytes of the listpack or the plain element of a node that is not compressed.</summary>
    public readonly ReadOnlySpan<byte> Raw => IsPlain ? new(Block, Bytes) : Listpack.Bytes(PackBlock.Pack(Block));
}

/// <summary>What a large list's entry points to.</summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(int))]
internal unsafe struct QuickListHeader
{
    public QuickListNode* First;
    public QuickListNode* Last;

    /// <summary>The number of elements.</summary>
    public long Count;

    /// <summary>The number of nodes.</summary>
    public long Nodes;

    /// <summary>The limit of a node, as <see cref="ListLimits.MaxListpackSize"/> was when the list became a large one.</summary>
    public short MaxListpackSize;

    /// <summary>The nodes at either end that are not compressed, as <see cref="ListLimits.CompressDepth"/> was then.</summary>
    public ushort CompressDepth;

    /// <summary>The mark of the nodes that no snapshot waits for.</summary>
    public byte SnapshotMark;

    /// <summary>The number of the last <see cref="ListBookmark"/> that was in the list; 0 for none.</summary>
    public uint Bookmark;
}
