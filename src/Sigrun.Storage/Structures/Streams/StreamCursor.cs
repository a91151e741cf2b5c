using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>Walks over the entries of a stream within a range of IDs, both included, in either direction.</summary>
/// <remarks>Entries that are deleted are passed over unless asked for. Void after the stream was written.</remarks>
public unsafe ref struct StreamCursor
{
    private readonly StreamId _from;
    private readonly StreamId _to;
    private readonly bool _backwards;
    private readonly bool _withDeleted;
    private IndexCursor _place;
    private bool _isOpen;
    private StreamNode _node;

    /// <summary>Forwards what is read next; backwards the beginning of the current entry.</summary>
    private byte* _at;

    /// <summary>Elements of the current entry that were not read yet, without the count at its end.</summary>
    private int _unread;
    private byte* _field;
    private byte* _value;
    private StreamEntryHead _entry;

    internal StreamCursor(StreamHeader* stream, StreamId from, StreamId to, bool backwards, bool withDeleted)
    {
        _from = from;
        _to = to;
        _backwards = backwards;
        _withDeleted = withDeleted;
        _place = Start(stream, backwards ? to : from, backwards);
    }

    /// <summary>The ID of the current entry.</summary>
    public readonly StreamId Id => _entry.Id;

    /// <summary>Pairs of a field and a value in the current entry.</summary>
    public readonly int FieldCount => _entry.FieldCount;

    /// <summary>The node of the current entry.</summary>
    internal readonly IndexSlot* Slot => _place.Slot;

    /// <summary>Where the flags of the current entry are, from the beginning of the node.</summary>
    internal readonly long FlagsOffset => _entry.FlagsAt - _node.Pack;

    /// <summary>Moves to the first or next entry; false when there is none.</summary>
    public bool Next() => _backwards ? NextBackwards() : NextForwards();

    /// <summary>Reads the first or next field of the current entry and its value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReadField(out ListpackElement field, out ListpackElement value)
    {
        if ((_entry.Flags & StreamNode.SameFieldsFlag) != 0)
        {
            field = Listpack.Get(_field);
            _field = Listpack.Skip(_field);
            _unread--;
        }
        else
        {
            field = Listpack.Get(_value);
            _value = Listpack.Skip(_value);
            _unread -= 2;
        }
        value = Listpack.Get(_value);
        _value = Listpack.Skip(_value);
    }

    /// <summary>The node where a walk begins: the one that may hold the ID; when all lie behind that, the first one, or backwards none.</summary>
    private static IndexCursor Start(StreamHeader* stream, StreamId id, bool backwards)
    {
        if (backwards && id == StreamId.Max) return OrderedIndex.Last(&stream->Nodes);
        IndexCursor place = default;
        if (!id.IsZero) place = OrderedIndex.AtMost(&stream->Nodes, new IdKey(id));
        return place.IsEnd && !backwards ? OrderedIndex.First(&stream->Nodes) : place;
    }

    private bool NextForwards()
    {
        for (; ; )
        {
            if (!_isOpen)
            {
                if (_place.IsEnd) return false;
                _node = new StreamNode(_place.Slot);
                _at = _node.FirstEntry;
                _isOpen = true;
            }
            else if (_value != null)
            {
                _at = _value;
                StreamNode.Skip(ref _at, _unread + 1);
                _value = null;
            }
            while (*_at != ListpackCode.End)
            {
                _entry = _node.ReadEntry(ref _at);
                if (_entry.Id >= _from && (_withDeleted || !_entry.IsDeleted)) return _entry.Id <= _to && Enter(_at);
                StreamNode.Skip(ref _at, _entry.BodyElements + 1);
            }
            _isOpen = false;
            _place.Next();
        }
    }

    private bool NextBackwards()
    {
        for (; ; )
        {
            if (!_isOpen)
            {
                if (_place.IsEnd) return false;
                _node = new StreamNode(_place.Slot);
                _at = _node.End;
                _isOpen = true;
            }
            while ((_at = _node.Previous(_at)) != null)
            {
                byte* body = _at;
                _entry = _node.ReadEntry(ref body);
                if (_entry.Id <= _to && (_withDeleted || !_entry.IsDeleted)) return _entry.Id >= _from && Enter(body);
            }
            _isOpen = false;
            _place.Previous();
        }
    }

    private bool Enter(byte* body)
    {
        _value = body;
        _field = _node.Fields;
        _unread = _entry.BodyElements;
        return true;
    }
}
