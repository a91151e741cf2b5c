namespace Sigrun.Storage.Structures.Lists;

/// <summary>A node of one large list at which a walk goes on later; there is one for all lists of a heap.</summary>
/// <remarks>
/// A node that goes passes the bookmark on, which costs whoever removes a node a comparison. The list's header has the
/// bookmark's number, so that neither another list nor a new one in its place is taken for it.
/// </remarks>
internal unsafe struct ListBookmark
{
    private QuickListNode* _node;
    private uint _number;

    /// <summary>Puts it before a node of a list, or (null) at its end; it leaves the list it was in.</summary>
    public void Put(QuickListHeader* list, QuickListNode* node)
    {
        if (++_number == 0) _number = 1;
        list->Bookmark = _number;
        _node = node;
    }

    /// <summary>The node where it is, which may be null; false when it is not in the list.</summary>
    public readonly bool TryGet(QuickListHeader* list, out QuickListNode* node)
    {
        node = _node;
        return list->Bookmark == _number && _number != 0;
    }

    /// <summary>Called before a node is freed.</summary>
    public void Leave(QuickListNode* node)
    {
        if (_node == node) _node = node->Next;
    }
}
