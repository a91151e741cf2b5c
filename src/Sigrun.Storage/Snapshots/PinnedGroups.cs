using System.Runtime.InteropServices;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Snapshots;

/// <summary>The consumer groups of a stream that is copied in steps: their parts are leaves of indexes (<see cref="PinnedLeaves"/>).</summary>
/// <remarks>
/// <para>The order is that of files: by group all that is pending, by ID, then the consumers by name, each with the IDs
/// of what is pending with it. A list of pending entries may be long, so a step copies one leaf, and so does a writer.</para>
/// <para>The figures of a group or consumer, and where its leaves begin, are noted before their first change. Groups and
/// consumers that end stay as they are until the walk is over, since leaves lead to them.</para>
/// </remarks>
internal sealed unsafe class PinnedGroups
{
    private readonly SnapshotQueue _queue;
    private readonly RetiredParts _retired;
    private readonly bool _withActivity;
    private readonly PinnedLeaves _leaves;
    private readonly Dictionary<nint, GroupFigures> _groupFigures = [];
    private readonly Dictionary<nint, ConsumerFigures> _consumerFigures = [];

    /// <summary>Groups and consumers that were made since: the snapshot does not have them.</summary>
    private readonly HashSet<nint> _made = [];

    private BlockWalk _groups;
    private BlockWalk _consumers;
    private GroupFigures _group;
    private LeafList _pending;

    /// <summary>Whether what is pending is that of the group, whose consumers follow.</summary>
    private bool _isOfGroup;

    public PinnedGroups(SnapshotQueue queue, RetiredParts retired, Heap heap, OrderedIndex* groups, bool withActivity)
    {
        _queue = queue;
        _retired = retired;
        _withActivity = withActivity;
        _leaves = new PinnedLeaves(heap);
        _groups = new BlockWalk(OrderedIndex.FirstLeaf(groups));
    }

    /// <summary>Whether so few groups, consumers and pending entries are there that they can be copied at once.</summary>
    public static bool AreSmall(OrderedIndex* groups, long most)
    {
        for (IndexCursor at = OrderedIndex.First(groups); !at.IsEnd && most >= 0; at.Next())
        {
            var group = (GroupBlock*)at.Slot->Item;
            most -= 1 + group->Consumers.Count + group->Pending.Count;
        }
        return most >= 0;
    }

    /// <summary>Called before a group is added or removed.</summary>
    public void BeforeChange(OrderedIndex* groups, ReadOnlySpan<byte> name) => _leaves.BeforeChange(groups, new NameKey(name), withContents: false);

    /// <summary>Called before a consumer is added or removed.</summary>
    public void BeforeChange(GroupBlock* group, ReadOnlySpan<byte> consumer)
    {
        BeforeWrite(group);
        _leaves.BeforeChange(&group->Consumers, new NameKey(consumer), withContents: false);
    }

    /// <summary>Called before something is pending in a group, or no more.</summary>
    public void BeforeChange(GroupBlock* group, StreamId pending)
    {
        BeforeWrite(group);
        _leaves.BeforeChange(&group->Pending, new IdKey(pending), withContents: true);
    }

    /// <summary>Called before something is pending with a consumer, or no more.</summary>
    public void BeforeChange(ConsumerBlock* consumer, StreamId pending)
    {
        BeforeWrite(consumer);
        _leaves.BeforeChange(&consumer->Pending, new IdKey(pending), withContents: false);
    }

    /// <summary>Called before a pending entry is delivered again.</summary>
    public void BeforeDelivery(GroupBlock* group, StreamId pending) => _leaves.BeforeContentChanges(&group->Pending, pending);

    /// <summary>Called before the figures of a group change.</summary>
    public void BeforeWrite(GroupBlock* group)
    {
        if (_made.Contains((nint)group)) return;
        ref GroupFigures figures = ref CollectionsMarshal.GetValueRefOrAddDefault(_groupFigures, (nint)group, out bool known);
        if (!known) figures = new GroupFigures(group);
    }

    /// <summary>Called before the figures of a consumer change.</summary>
    public void BeforeWrite(ConsumerBlock* consumer)
    {
        if (_made.Contains((nint)consumer)) return;
        ref ConsumerFigures figures = ref CollectionsMarshal.GetValueRefOrAddDefault(_consumerFigures, (nint)consumer, out bool known);
        if (!known) figures = new ConsumerFigures(consumer);
    }

    /// <summary>Called when a group or consumer was made.</summary>
    public void OnMade(NamedBlock* block) => _made.Add((nint)block);

    /// <summary>Takes over a group that was removed, with all that belongs to it; false when the snapshot does not have it.</summary>
    public bool TryAdopt(GroupBlock* group)
    {
        if (_made.Remove((nint)group)) return false;
        _retired.Add(group);
        return true;
    }

    /// <summary>Takes over a consumer that was removed, with its index; false when the snapshot does not have it.</summary>
    public bool TryAdopt(ConsumerBlock* consumer)
    {
        if (_made.Remove((nint)consumer)) return false;
        _retired.Add(consumer);
        return true;
    }

    /// <summary>Copies the next part; false when there is none.</summary>
    public bool Advance()
    {
        if (_pending.First != null) WritePending();
        else if (_isOfGroup) BeginConsumers();
        else if (_consumers.MoveNext(_leaves)) BeginConsumer((ConsumerBlock*)_consumers.Current);
        else if (_groups.MoveNext(_leaves)) BeginGroup((GroupBlock*)_groups.Current);
        else return false;
        return true;
    }

    /// <summary>Lets go of everything.</summary>
    public void End()
    {
        _leaves.FreeAll();
        _groups.End();
        _consumers.End();
    }

    private void BeginGroup(GroupBlock* group)
    {
        if (!_groupFigures.Remove((nint)group, out _group)) _group = new GroupFigures(group);
        StreamParts.WriteGroup(NamedBlock.Name((byte*)group), _group.LastId, _group.EntriesRead, _queue);
        BeginPending(_group.Pending);
        _isOfGroup = true;
    }

    private void BeginConsumers()
    {
        _isOfGroup = false;
        _queue.WriteLength((ulong)_group.Consumers.Left);
        _consumers = new BlockWalk(_group.Consumers.First);
    }

    private void BeginConsumer(ConsumerBlock* consumer)
    {
        if (!_consumerFigures.Remove((nint)consumer, out ConsumerFigures figures)) figures = new ConsumerFigures(consumer);
        StreamParts.WriteConsumer(NamedBlock.Name((byte*)consumer), figures.SeenMs, figures.ActiveMs, _queue, _withActivity);
        BeginPending(figures.Pending);
    }

    private void BeginPending(LeafList pending)
    {
        _pending = pending;
        _queue.WriteLength((ulong)pending.Left);
    }

    private void WritePending()
    {
        IndexNode* leaf = _leaves.Take(_pending.First, _isOfGroup);
        IndexSlot* slots = IndexNode.Slots(leaf);
        for (int i = 0; i < leaf->Count; i++)
        {
            StreamParts.WritePending(slots[i].Id, _queue);
            if (_isOfGroup) StreamParts.WriteDelivery(PinnedLeaves.Contents(leaf) + i, _queue);
        }
        _pending.First = leaf->Next;
        _pending.Left -= leaf->Count;
        PinnedLeaves.Free(leaf);
        if (_pending.First == null && _pending.Left != 0) throw new HeapCorruptionException("Not as much is pending as a stream says.");
    }

    /// <summary>Leaves that are still to be copied, and how many keys they have.</summary>
    private struct LeafList(OrderedIndex* index)
    {
        public IndexNode* First = OrderedIndex.FirstLeaf(index);
        public long Left = index->Count;
    }

    private readonly struct GroupFigures(GroupBlock* group)
    {
        public readonly StreamId LastId = group->LastId;
        public readonly long EntriesRead = group->EntriesRead;
        public readonly LeafList Pending = new(&group->Pending);
        public readonly LeafList Consumers = new(&group->Consumers);
    }

    private readonly struct ConsumerFigures(ConsumerBlock* consumer)
    {
        public readonly long SeenMs = consumer->SeenMs;
        public readonly long ActiveMs = consumer->ActiveMs;
        public readonly LeafList Pending = new(&consumer->Pending);
    }

    /// <summary>Goes through the groups or consumers of an index, holding one leaf.</summary>
    private struct BlockWalk(IndexNode* first)
    {
        private IndexNode* _next = first;
        private IndexNode* _leaf;
        private int _at;

        public readonly byte* Current => IndexNode.Slots(_leaf)[_at].Item;

        public bool MoveNext(PinnedLeaves leaves)
        {
            if (_leaf != null && ++_at < _leaf->Count) return true;
            End();
            if (_next == null) return false;
            _leaf = leaves.Take(_next, withContents: false);
            _next = _leaf->Next;
            _at = 0;
            return true;
        }

        public void End()
        {
            PinnedLeaves.Free(_leaf);
            _leaf = null;
        }
    }
}
