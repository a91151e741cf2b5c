namespace Sigrun.Storage.Structures.Sets;

/// <summary>Goes through the members of a set; valid until the set is written.</summary>
public unsafe struct SetCursor
{
    private readonly EntryEncoding _encoding;
    private readonly byte* _structure;
    private TableIterator _table;
    private byte* _at;
    private int _next;

    internal SetCursor(EntryRef set)
    {
        _encoding = set.Encoding;
        _structure = set.Structure;
        if (_encoding == EntryEncoding.HashTable) _table = new TableIterator((TableHeader*)_structure);
    }

    /// <summary>The member.</summary>
    public ListpackElement Current { get; private set; }

    /// <summary>Goes to the next member; false at the end.</summary>
    public bool MoveNext()
    {
        switch (_encoding)
        {
            case EntryEncoding.HashTable:
                if (!_table.MoveNext()) return false;
                Current = SetMember.Element(_table.Current);
                return true;
            case EntryEncoding.ListPack:
                if (_next++ > 0 && _at == null) return false;
                _at = _at == null ? Listpack.First(_structure) : Listpack.Next(_at);
                if (_at == null) return false;
                Current = Listpack.Get(_at);
                return true;
            default:
                if (_next >= IntSet.Count(_structure)) return false;
                Current = new ListpackElement(IntSet.At(_structure, _next++));
                return true;
        }
    }

    /// <summary>For use in a loop.</summary>
    public readonly SetCursor GetEnumerator() => this;
}
