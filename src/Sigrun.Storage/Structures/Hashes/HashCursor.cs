namespace Sigrun.Storage.Structures.Hashes;

/// <summary>Goes through the fields of a hash that have not expired; valid until the hash is written.</summary>
public unsafe struct HashCursor
{
    private readonly byte* _pack;
    private readonly long _nowMs;
    private readonly FieldExpiryQueue* _queue;
    private TableIterator _table;
    private byte* _field;
    private byte* _value;

    internal HashCursor(EntryRef hash, long nowMs)
    {
        _nowMs = nowMs;
        if (hash.Encoding == EntryEncoding.HashTable)
        {
            _table = new TableIterator((TableHeader*)hash.Structure);
            _queue = HashValue.Queue(hash.Structure);
        }
        else
        {
            _pack = hash.Structure;
        }
    }

    /// <summary>The field.</summary>
    public readonly ListpackElement Field => _pack == null ? HashField.Field(_field) : Listpack.Get(_field);

    /// <summary>Its value.</summary>
    public readonly ListpackElement Value => _pack == null ? HashField.Value(_field) : Listpack.Get(_value);

    /// <summary>When it expires, −1 for never.</summary>
    public readonly long ExpiryMs => _pack == null ? FieldExpiryQueue.ExpiryOf(_queue, _field) : FieldExpiryQueue.Never;

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool MoveNext() => _pack == null ? NextInTable() : NextInListpack();

    private bool NextInTable()
    {
        while (_table.MoveNext())
        {
            _field = _table.Current;
            if (!FieldExpiryQueue.IsExpired(_queue, _field, _nowMs)) return true;
        }
        return false;
    }

    private bool NextInListpack()
    {
        _field = _value == null ? Listpack.First(_pack) : Listpack.Next(_value);
        if (_field == null) return false;
        _value = Listpack.Next(_field);
        return true;
    }
}
