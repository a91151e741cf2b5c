using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>
/// Keys of sixteen bytes in order, each leading to a block: a B+ tree whose leaves are linked both ways. It lies
/// within the block of whoever owns it.
/// </summary>
/// <remarks>
/// <para>Nodes of streams and pending entries are found by ID (<see cref="IdKey"/>), groups and consumers by name
/// (<see cref="NameKey"/>). Finding, adding and removing are O(log n), stepping on is O(1). What is added behind
/// everything else, the usual case, fills nodes completely; elsewhere a full node is halved. A small index is one
/// leaf of 48 bytes that doubles, up to 1536 bytes; from then on all nodes have that size.</para>
/// <para>A slot of an inner node has a key that no key below it is less than (the first slot of a node: any key). A
/// node that falls below a quarter joins a neighbour under the same parent when both fit three quarters of one.</para>
/// <para>A function that throws <see cref="HeapExhaustedException"/> has changed nothing. Cursors are void after a
/// change.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe partial struct OrderedIndex
{
    private const int LevelsMax = 24;
    private const int SparseBelow = IndexNode.SlotsMax / 4;
    private const int JoinedMax = IndexNode.SlotsMax * 3 / 4;

    public IndexNode* Root;
    public IndexNode* LastLeaf;
    public long Count;
    public long NodeCount;

    /// <summary>The bytes of the nodes.</summary>
    public readonly long UsedBytes(Heap heap) =>
        NodeCount == 1 ? (long)heap.UsableSize((byte*)Root) : NodeCount * (long)IndexNode.BlockBytes(IndexNode.SlotsMax);

    /// <summary>The last slot, or null.</summary>
    public readonly IndexSlot* LastSlot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => LastLeaf == null ? null : IndexNode.Slots(LastLeaf) + LastLeaf->Count - 1;
    }

    /// <summary>What a key leads to, or null.</summary>
    public static byte* Find<TKey>(OrderedIndex* index, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        IndexSlot* slot = FindSlot(index, key);
        return slot == null ? null : slot->Item;
    }

    /// <summary>The slot of a key, or null.</summary>
    public static IndexSlot* FindSlot<TKey>(OrderedIndex* index, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        IndexNode* leaf = LeafOf(index, key);
        if (leaf == null) return null;
        int at = LowerBound(leaf, key);
        if (at == leaf->Count) return null;
        IndexSlot* slot = IndexNode.Slots(leaf) + at;
        return key.CompareTo(slot, 0) == 0 ? slot : null;
    }

    /// <summary>The first slot.</summary>
    public static IndexCursor First(OrderedIndex* index) => new(FirstLeaf(index), 0);

    /// <summary>The first leaf, or null.</summary>
    public static IndexNode* FirstLeaf(OrderedIndex* index)
    {
        IndexNode* node = index->Root;
        while (node != null && node->Level > 0) node = IndexNode.Child(node, 0);
        return node;
    }

    /// <summary>The leaf that a key belongs to, or null. Adding or removing the key changes no other leaf, unless it may (<see cref="MayChangeNeighbours"/>).</summary>
    public static IndexNode* LeafOf<TKey>(OrderedIndex* index, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        IndexNode* node = index->Root;
        while (node != null && node->Level > 0) node = IndexNode.Child(node, ChildOf(node, key));
        return node;
    }

    /// <summary>The last slot.</summary>
    public static IndexCursor Last(OrderedIndex* index) =>
        new(index->LastLeaf, index->LastLeaf == null ? 0 : index->LastLeaf->Count - 1);

    /// <summary>The first slot whose key is not less than this one.</summary>
    public static IndexCursor AtLeast<TKey>(OrderedIndex* index, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        IndexNode* leaf = LeafOf(index, key);
        if (leaf == null) return default;
        int at = LowerBound(leaf, key);
        return at < leaf->Count ? new IndexCursor(leaf, at) : new IndexCursor(leaf->Next, 0);
    }

    /// <summary>The last slot whose key is not greater than this one.</summary>
    public static IndexCursor AtMost<TKey>(OrderedIndex* index, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        IndexNode* leaf = LeafOf(index, key);
        if (leaf == null) return default;
        int at = LowerBound(leaf, key);
        var cursor = new IndexCursor(leaf, at);
        if (at == leaf->Count || key.CompareTo(cursor.Slot, 0) != 0) cursor.Previous();
        return cursor;
    }

    /// <summary>Whether the leaves beside one may change, or be followed by others, when one of its keys is added or removed.</summary>
    public static bool MayChangeNeighbours(Heap heap, IndexNode* leaf) => leaf->Count <= SparseBelow || heap.MovesOnWrite;

    /// <summary>Adds a key; false when it is there already.</summary>
    public static bool TryAdd<TKey>(Heap heap, OrderedIndex* index, TKey key, byte* item)
        where TKey : struct, IIndexKey, allows ref struct
    {
        var slot = new IndexSlot { High = key.High, Low = key.Low, Item = item };
        if (index->Root == null)
        {
            index->Root = index->LastLeaf = IndexNode.Create(heap, 1, 0);
            index->NodeCount = 1;
            IndexNode.Insert(index->Root, 0, slot);
            index->Count = 1;
            return true;
        }
        IndexNode* tail = index->LastLeaf;
        if (!tail->IsFull && !heap.MovesOnWrite && key.CompareTo(IndexNode.Slots(tail) + tail->Count - 1, 0) > 0)
        {
            IndexNode.Insert(tail, tail->Count, slot);
            index->Count++;
            return true;
        }
        Path path = default;
        IndexNode* leaf = path.Descend(index, key);
        int at = LowerBound(leaf, key);
        if (at < leaf->Count && key.CompareTo(IndexNode.Slots(leaf) + at, 0) == 0) return false;
        if (heap.MovesOnWrite) leaf = MoveLeaf(heap, index, ref path);
        if (!leaf->IsFull) IndexNode.Insert(leaf, at, slot);
        else if (leaf->Capacity < IndexNode.SlotsMax) IndexNode.Insert(Resize(heap, index, leaf->Capacity * 2 + 1), at, slot);
        else Split(heap, index, ref path, at, slot);
        index->Count++;
        return true;
    }

    /// <summary>Removes a key; returns what it led to, or null. Never fails for want of memory.</summary>
    public static byte* Remove<TKey>(Heap heap, OrderedIndex* index, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        Path path = default;
        IndexNode* leaf = path.Descend(index, key);
        if (leaf == null) return null;
        int at = LowerBound(leaf, key);
        if (at == leaf->Count || key.CompareTo(IndexNode.Slots(leaf) + at, 0) != 0) return null;
        if (heap.MovesOnWrite) leaf = TryMoveLeaf(heap, index, ref path);
        byte* item = IndexNode.Slots(leaf)[at].Item;
        IndexNode.Remove(leaf, at);
        index->Count--;
        Thin(heap, index, ref path);
        return item;
    }

    /// <summary>Frees all nodes; what they led to is the caller's.</summary>
    public static void Free<TFreer>(in TFreer freer, OrderedIndex* index) where TFreer : struct, IBlockFreer
    {
        if (index->Root != null) FreeNode(freer, index->Root);
        *index = default;
    }

    private static void FreeNode<TFreer>(in TFreer freer, IndexNode* node) where TFreer : struct, IBlockFreer
    {
        for (int i = 0; node->Level > 0 && i < node->Count; i++) FreeNode(freer, IndexNode.Child(node, i));
        freer.Free((byte*)node);
    }

    /// <summary>The first slot of a leaf whose key is not less.</summary>
    private static int LowerBound<TKey>(IndexNode* leaf, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        int low = 0;
        int high = leaf->Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (key.CompareTo(IndexNode.Slots(leaf) + middle, 0) > 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>The slot of an inner node below which a key belongs.</summary>
    private static int ChildOf<TKey>(IndexNode* node, TKey key)
        where TKey : struct, IIndexKey, allows ref struct
    {
        int low = 1;
        int high = node->Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (key.CompareTo(IndexNode.Slots(node) + middle, node->Level) >= 0) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }

    /// <summary>Gives a root that is a leaf another number of slots.</summary>
    private static IndexNode* Resize(Heap heap, OrderedIndex* index, int capacity)
    {
        IndexNode* old = index->Root;
        IndexNode* fresh = IndexNode.Create(heap, capacity, 0);
        IndexNode.MoveTail(old, 0, fresh);
        heap.Free((byte*)old);
        return index->Root = index->LastLeaf = fresh;
    }

    /// <summary>Puts a copy in the place of the leaf at the end of a path.</summary>
    private static IndexNode* MoveLeaf(Heap heap, OrderedIndex* index, ref Path path)
    {
        IndexNode* old = path.Node(0);
        IndexNode* fresh = IndexNode.Create(heap, old->Capacity, 0);
        fresh->Previous = old->Previous;
        fresh->Next = old->Next;
        IndexNode.MoveTail(old, 0, fresh);
        if (old->Previous != null) old->Previous->Next = fresh;
        if (old->Next != null) old->Next->Previous = fresh;
        if (index->LastLeaf == old) index->LastLeaf = fresh;
        if (index->Root == old) index->Root = fresh;
        else IndexNode.Slots(path.Node(1))[path.At(1)].Item = (byte*)fresh;
        heap.Free((byte*)old);
        path.Set(0, fresh, 0);
        return fresh;
    }

    private static IndexNode* TryMoveLeaf(Heap heap, OrderedIndex* index, ref Path path)
    {
        try
        {
            return MoveLeaf(heap, index, ref path);
        }
        catch (HeapExhaustedException)
        {
            return path.Node(0);
        }
    }

    /// <summary>Adds to a leaf that is full: it and all full nodes above it get a neighbour, all of which are made first.</summary>
    private static void Split(Heap heap, OrderedIndex* index, ref Path path, int at, IndexSlot slot)
    {
        Path made = default;
        int wanted = MakeNodes(heap, index, path, ref made);
        for (int level = 0; ; level++)
        {
            IndexNode* node = path.Node(level);
            if (!node->IsFull)
            {
                IndexNode.Insert(node, at, slot);
                break;
            }
            IndexNode* right = made.Node(level);
            bool isTail = at == node->Count && path.IsLast(level);
            int kept = isTail ? node->Count : (node->Count + 1) / 2;
            IndexNode.MoveTail(node, kept, right);
            if (at <= kept && !isTail) IndexNode.Insert(node, at, slot);
            else IndexNode.Insert(right, at - kept, slot);
            if (level == 0) Link(index, node, right);
            IndexSlot* first = IndexNode.Slots(right);
            slot = new IndexSlot { High = first->High, Low = first->Low, Item = (byte*)right };
            if (node == index->Root)
            {
                IndexNode* root = made.Node(level + 1);
                IndexSlot* left = IndexNode.Slots(node);
                IndexNode.Insert(root, 0, new IndexSlot { High = left->High, Low = left->Low, Item = (byte*)node });
                IndexNode.Insert(root, 1, slot);
                index->Root = root;
                break;
            }
            at = path.At(level + 1) + 1;
        }
        index->NodeCount += wanted;
    }

    /// <summary>Makes the nodes that a split needs, by level; returns how many.</summary>
    private static int MakeNodes(Heap heap, OrderedIndex* index, in Path path, ref Path made)
    {
        int wanted = 0;
        while (wanted < path.Depth && path.Node(wanted)->IsFull) wanted++;
        if (wanted == path.Depth) wanted++;
        if (wanted > LevelsMax) throw new InvalidOperationException("The index has too many levels.");
        int done = 0;
        try
        {
            for (; done < wanted; done++) made.Set(done, IndexNode.Create(heap, IndexNode.SlotsMax, done), 0);
        }
        catch (HeapExhaustedException)
        {
            while (done > 0) heap.Free((byte*)made.Node(--done));
            throw;
        }
        return wanted;
    }

    private static void Link(OrderedIndex* index, IndexNode* left, IndexNode* right)
    {
        right->Next = left->Next;
        right->Previous = left;
        if (left->Next != null) left->Next->Previous = right;
        else index->LastLeaf = right;
        left->Next = right;
    }

    /// <summary>After a removal from the leaf of a path: empty nodes go, sparse ones join a neighbour.</summary>
    private static void Thin(Heap heap, OrderedIndex* index, ref Path path)
    {
        for (int level = 0; level + 1 < path.Depth; level++)
        {
            IndexNode* node = path.Node(level);
            IndexNode* parent = path.Node(level + 1);
            int at = path.At(level + 1);
            if (node->Count >= SparseBelow) return;
            if (node->Count > 0)
            {
                if (CanJoin(parent, at)) at--;
                else if (!CanJoin(parent, at + 1)) return;
                node = Join(parent, ++at);
            }
            if (level == 0) Unlink(index, node);
            IndexNode.Remove(parent, at);
            heap.Free((byte*)node);
            index->NodeCount--;
        }
        ThinRoot(heap, index);
    }

    /// <summary>Whether a child and the one in front of it are few enough for one node.</summary>
    private static bool CanJoin(IndexNode* parent, int at) =>
        at > 0 && at < parent->Count && IndexNode.Child(parent, at - 1)->Count + IndexNode.Child(parent, at)->Count <= JoinedMax;

    /// <summary>Moves all slots of a child to the one in front of it; returns the child, which is of no more use.</summary>
    private static IndexNode* Join(IndexNode* parent, int at)
    {
        IndexNode* node = IndexNode.Child(parent, at);
        if (node->Level > 0) TakeKey(node, IndexNode.Slots(parent) + at);
        IndexNode.MoveTail(node, 0, IndexNode.Child(parent, at - 1));
        return node;
    }

    /// <summary>A node's first slot, which any key may be below, is about to be no first slot any more.</summary>
    private static void TakeKey(IndexNode* node, IndexSlot* from)
    {
        IndexSlot* first = IndexNode.Slots(node);
        first->High = from->High;
        first->Low = from->Low;
    }

    private static void ThinRoot(Heap heap, OrderedIndex* index)
    {
        IndexNode* root = index->Root;
        while (root->Level > 0 && root->Count == 1)
        {
            index->Root = IndexNode.Child(root, 0);
            heap.Free((byte*)root);
            index->NodeCount--;
            root = index->Root;
        }
        if (root->Count == 0)
        {
            heap.Free((byte*)root);
            *index = default;
        }
        else if (root->Level == 0 && root->Capacity > 1 && root->Count <= root->Capacity / 4)
        {
            Shrink(heap, index);
        }
    }

    /// <summary>Saving memory must not fail for want of it.</summary>
    private static void Shrink(Heap heap, OrderedIndex* index)
    {
        try
        {
            Resize(heap, index, index->Root->Capacity / 2);
        }
        catch (HeapExhaustedException)
        {
            // It stays as large as it is.
        }
    }

    private static void Unlink(OrderedIndex* index, IndexNode* leaf)
    {
        if (leaf->Previous != null) leaf->Previous->Next = leaf->Next;
        if (leaf->Next != null) leaf->Next->Previous = leaf->Previous;
        else index->LastLeaf = leaf->Previous;
    }

    /// <summary>The nodes from the root to a leaf, by level, and in each the slot that leads on.</summary>
    private struct Path
    {
        private Places _nodes;
        private Places _slots;

        public int Depth { get; private set; }

        public readonly IndexNode* Node(int level) => (IndexNode*)_nodes[level];

        public readonly int At(int level) => (int)_slots[level];

        public void Set(int level, IndexNode* node, int at)
        {
            _nodes[level] = (nint)node;
            _slots[level] = at;
        }

        /// <summary>Whether nothing lies behind the node at a level.</summary>
        public readonly bool IsLast(int level)
        {
            for (int above = level + 1; above < Depth; above++)
            {
                if (At(above) + 1 < Node(above)->Count) return false;
            }
            return true;
        }

        public IndexNode* Descend<TKey>(OrderedIndex* index, TKey key)
            where TKey : struct, IIndexKey, allows ref struct
        {
            IndexNode* node = index->Root;
            if (node == null) return null;
            Depth = node->Level + 1;
            while (node->Level > 0)
            {
                int at = ChildOf(node, key);
                Set(node->Level, node, at);
                node = IndexNode.Child(node, at);
            }
            Set(0, node, 0);
            return node;
        }

        [InlineArray(LevelsMax + 1)]
        private struct Places
        {
            private nint _first;
        }
    }
}

/// <summary>A place in an index.</summary>
internal unsafe struct IndexCursor(IndexNode* leaf, int at)
{
    private IndexNode* _leaf = leaf;
    private int _at = at;

    /// <summary>Whether there is nothing at this place.</summary>
    public readonly bool IsEnd => _leaf == null;

    public readonly IndexSlot* Slot => IndexNode.Slots(_leaf) + _at;

    public void Next()
    {
        if (++_at < _leaf->Count) return;
        _leaf = _leaf->Next;
        _at = 0;
    }

    public void Previous()
    {
        if (--_at >= 0) return;
        _leaf = _leaf->Previous;
        _at = _leaf == null ? 0 : _leaf->Count - 1;
    }
}
