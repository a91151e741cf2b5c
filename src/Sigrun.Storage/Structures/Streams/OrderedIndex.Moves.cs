using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.Streams;

/// <content>Moving the nodes of an index.</content>
internal unsafe partial struct OrderedIndex
{
    /// <summary>Moves the nodes that lead to a key; returns the leaf that it belongs to, or null.</summary>
    public static IndexNode* MovePath<TKey>(BlockMover blocks, OrderedIndex* index, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        if (index->Root == null) return null;
        IndexNode** link = &index->Root;
        for (; ; )
        {
            IndexNode* before = *link;
            bool hasMoved = blocks.Move(ref *link);
            IndexNode* node = *link;
            if (node->Level > 0)
            {
                link = (IndexNode**)&IndexNode.Slots(node)[ChildOf(node, key)].Item;
                continue;
            }
            if (!hasMoved) return node;
            if (node->Previous != null) node->Previous->Next = node;
            if (node->Next != null) node->Next->Previous = node;
            if (index->LastLeaf == before) index->LastLeaf = node;
            return node;
        }
    }
}
