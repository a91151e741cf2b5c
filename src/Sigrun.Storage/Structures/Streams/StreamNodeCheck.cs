namespace Sigrun.Storage.Structures.Streams;

/// <summary>Looks through a node from outside, every element of it, before anyone relies on it.</summary>
internal unsafe ref struct StreamNodeCheck
{
    private byte* _at;
    private bool _failed;

    /// <summary>
    /// Whether bytes are a node as <see cref="StreamNode"/> describes it: counts that are right, differences that are
    /// numbers, entries whose end tells their true length, and IDs that ascend among those not deleted.
    /// </summary>
    /// <param name="bytes">All bytes.</param>
    /// <param name="firstId">The ID by which the index will find it.</param>
    /// <param name="lastId">The last ID in the nodes before it, then in this one.</param>
    /// <param name="live">Entries that are not deleted.</param>
    public static bool IsValid(ReadOnlySpan<byte> bytes, StreamId firstId, ref StreamId lastId, out long live)
    {
        live = 0;
        if (!ListpackCheck.IsValid(bytes, deep: true, out int elements)) return false;
        fixed (byte* pack = bytes)
        {
            var check = new StreamNodeCheck { _at = pack + Listpack.HeaderBytes };
            return check.IsNode(elements, firstId, ref lastId, out live);
        }
    }

    private bool IsNode(int elements, StreamId firstId, ref StreamId lastId, out long live)
    {
        live = Number();
        long deleted = Number();
        long fields = Number();
        Skip(fields);
        long zero = Number();
        if (_failed || zero != 0 || live < 0 || deleted < 0 || live > elements || deleted > elements || live + deleted == 0) return false;
        long deletedFound = 0;
        for (long left = live + deleted; left > 0; left--)
        {
            if (!IsEntry(fields, firstId, out StreamId id, out bool isDeleted)) return false;
            if (isDeleted) deletedFound++;
            else if (id <= lastId) return false;
            else lastId = id;
        }
        return *_at == ListpackCode.End && deletedFound == deleted;
    }

    private bool IsEntry(long headFields, StreamId firstId, out StreamId id, out bool isDeleted)
    {
        // Flags are changed in place, so they must have the one byte that they need.
        long flags = *_at <= (StreamNode.DeletedFlag | StreamNode.SameFieldsFlag) ? Number() : Fail();
        id = new StreamId(unchecked(firstId.Ms + (ulong)Number()), unchecked(firstId.Seq + (ulong)Number()));
        isDeleted = (flags & StreamNode.DeletedFlag) != 0;
        long elements = StreamNode.FixedElements;
        if ((flags & StreamNode.SameFieldsFlag) != 0)
        {
            Skip(headFields);
            elements += headFields;
        }
        else
        {
            long fields = Number();
            Skip(fields);
            Skip(fields);
            elements += 1 + 2 * fields;
        }
        return Number() == elements && !_failed;
    }

    private long Number()
    {
        if (_failed || *_at == ListpackCode.End) return Fail();
        ListpackElement element = Listpack.Get(_at);
        if (!element.IsNumber) return Fail();
        _at = Listpack.Skip(_at);
        return element.Number;
    }

    private void Skip(long count)
    {
        if (count < 0) _failed = true;
        for (; count > 0 && !_failed; count--)
        {
            if (*_at == ListpackCode.End) _failed = true;
            else _at = Listpack.Skip(_at);
        }
    }

    private long Fail()
    {
        _failed = true;
        return 0;
    }
}
