namespace Sigrun.Storage.Structures.Lists;

/// <summary>Walks the parts that a list is saved as: its nodes, or the one listpack of a small list.</summary>
public unsafe ref struct ListNodes
{
    private readonly QuickListHeader* _list;
    private readonly byte* _small;
    private QuickListNode* _node;
    private bool _hasStarted;

    /// <summary>Starts in front of the first part.</summary>
    public ListNodes(EntryRef entry)
    {
        bool isSmall = entry.Encoding == EntryEncoding.ListPack;
        _list = isSmall ? null : (QuickListHeader*)entry.Structure;
        _small = isSmall ? PackBlock.Pack(entry.Structure) : null;
        Count = isSmall ? 1 : _list->Nodes;
    }

    /// <summary>The number of parts.</summary>
    public long Count { get; }

    /// <summary>Whether the part is one large element and no listpack.</summary>
    public readonly bool IsPlain => _node != null && _node->IsPlain;

    /// <summary>Whether <see cref="Bytes"/> are compressed.</summary>
    public readonly bool IsCompressed => _node != null && _node->IsCompressed;

    /// <summary>The bytes of the part as they are kept.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _node == null ? Listpack.Bytes(_small) : _node->IsCompressed ? _node->Compressed : _node->Raw;

    /// <summary>The size of the part when it is not compressed.</summary>
    public readonly int RawLength => _node == null ? Listpack.TotalBytes(_small) : _node->Bytes;

    /// <summary>The bytes of memory that the part occupies.</summary>
    public readonly long UsedBytes(Heap heap)
    {
        ArgumentNullException.ThrowIfNull(heap);
        return _node == null ? 0 : (long)heap.UsableSize(_node->Block) + (long)heap.UsableSize((byte*)_node);
    }

    /// <summary>Goes to the next part; false when there is none.</summary>
    public bool MoveNext()
    {
        if (_list == null)
        {
            bool isFirst = !_hasStarted;
            _hasStarted = true;
            return isFirst;
        }
        _node = _hasStarted ? _node->Next : _list->First;
        _hasStarted = true;
        return _node != null;
    }
}
