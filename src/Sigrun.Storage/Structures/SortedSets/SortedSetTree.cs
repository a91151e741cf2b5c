using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>A large sorted set: the order (<see cref="ScoreTree"/>) and a hash table over the same members' entries.</summary>
/// <remarks>A view; what throws <see cref="HeapExhaustedException"/> has changed nothing.</remarks>
internal readonly unsafe struct SortedSetTree
{
    private const int RemovedAtOnce = 16;

    private readonly Heap _heap;
    private readonly SortedSetHeader* _set;

    public SortedSetTree(Heap heap, byte* structure)
    {
        _heap = heap;
        _set = (SortedSetHeader*)structure;
    }

    public SortedSetHeader* Header => _set;

    public long Count => _set->Count;

    public ScoreTree Order => new(_heap, _set);

    public HashTable<MemberLayout> Table => HashTable<MemberLayout>.FromHeader(_heap, _set->Table);

    /// <summary>Makes one without members.</summary>
    public static SortedSetTree Create(Heap heap)
    {
        HashTable<MemberLayout> table = HashTable<MemberLayout>.Create(heap);
        SortedSetHeader* set = null;
        try
        {
            set = (SortedSetHeader*)heap.Allocate((nuint)sizeof(SortedSetHeader));
            ScoreTree.Initialise(heap, set);
        }
        catch (HeapExhaustedException)
        {
            if (set != null) heap.Free((byte*)set);
            table.Destroy();
            throw;
        }
        set->Table = table.Header;
        return new SortedSetTree(heap, (byte*)set);
    }

    /// <summary>The entry of a member, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Find(ReadOnlySpan<byte> member) => Table.Find(_heap.Hasher.Hash(member), member);

    /// <summary>Adds a member that is not there.</summary>
    public void Add(ulong hash, ReadOnlySpan<byte> member, double score)
    {
        HashTable<MemberLayout> table = Table;
        WritePermit permit = table.BeginWrite(hash);
        table.Reserve(permit, hash);
        byte* entry = MemberEntry.Create(_heap, member, score);
        try
        {
            Order.Insert(score, entry);
        }
        catch (HeapExhaustedException)
        {
            _heap.Free(entry);
            throw;
        }
        table.Insert(permit, hash, entry);
    }

    /// <summary>Gives a member another score.</summary>
    public void SetScore(ulong hash, in TableSlot slot, double score)
    {
        HashTable<MemberLayout> table = Table;
        WritePermit permit = table.BeginWrite(hash);
        byte* entry = slot.Entry;
        double oldScore = MemberEntry.Score(entry);
        byte* target = _heap.MovesOnWrite ? MemberEntry.Copy(_heap, entry) : entry;
        try
        {
            Order.Update(oldScore, entry, score, target);
        }
        catch (HeapExhaustedException)
        {
            if (target != entry) _heap.Free(target);
            throw;
        }
        MemberEntry.SetScore(target, score);
        if (target == entry) return;
        table.Replace(permit, slot, target);
        _heap.Free(entry);
    }

    /// <summary>Removes a member; false when there is none.</summary>
    public bool Remove(ReadOnlySpan<byte> member)
    {
        HashTable<MemberLayout> table = Table;
        ulong hash = _heap.Hasher.Hash(member);
        if (!table.TryFind(hash, member, out TableSlot slot)) return false;
        Order.Remove(MemberEntry.Score(slot.Entry), member);
        table.Remove(table.BeginWrite(hash), slot);
        _heap.Free(slot.Entry);
        return true;
    }

    /// <summary>Removes members from a rank on; there are that many.</summary>
    public void RemoveRange(long first, long count)
    {
        byte** entries = stackalloc byte*[RemovedAtOnce];
        while (count > 0)
        {
            ScoreLeaf* leaf = Order.AtRank(first, out ScorePath path, out int index);
            int taken = (int)Math.Min(Math.Min(count, RemovedAtOnce), leaf->Count - index);
            for (int i = 0; i < taken; i++)
            {
                entries[i] = ScoreLeaf.Entry(_heap.Base, leaf, index + i);
                Prefetch.Line(entries[i]);
            }
            new ScoreTreeRemoval(_heap, _set).Remove(leaf, ref path, index, taken);
            Forget(entries, taken);
            count -= taken;
        }
    }

    /// <summary>Ends all blocks of a structure, on whichever thread the freer is for.</summary>
    public static void Free<TFreer>(in TFreer freer, byte* structure) where TFreer : struct, IBlockFreer
    {
        SortedSetHeader* set = (SortedSetHeader*)structure;
        Heap heap = freer.Heap;
        FreeInner(freer, set->Root, set->Height);
        for (ScoreLeaf* leaf = set->First; leaf != null;)
        {
            ScoreLeaf* next = leaf->Next;
            if (next != null) Prefetch.Line(next);
            for (int i = 0; i < leaf->Count; i++) freer.Free(ScoreLeaf.Entry(heap.Base, leaf, i));
            freer.Free((byte*)leaf);
            leaf = next;
        }
        HashTable<MemberLayout>.FromHeader(heap, set->Table).Destroy(freer);
        freer.Free(structure);
    }

    /// <summary>About how many blocks a structure consists of.</summary>
    public static long Effort(byte* structure)
    {
        SortedSetHeader* set = (SortedSetHeader*)structure;
        return set->Count + set->Leaves + set->Inners;
    }

    /// <summary>The bytes of everything but the members' entries.</summary>
    public long FrameBytes => (long)_heap.UsableSize((byte*)_set) + Table.UsedBytes + (_set->Inners * (long)Heap.RoundedSize(ScoreInner.Bytes))
        + (_set->Height == 0 ? (long)_heap.UsableSize(_set->Root) : _set->Leaves * (long)Heap.RoundedSize(ScoreLeaf.Bytes(ScoreLeaf.CapacityMax)));

    private static void FreeInner<TFreer>(in TFreer freer, byte* node, int height) where TFreer : struct, IBlockFreer
    {
        if (height == 0) return;
        ScoreInner* inner = (ScoreInner*)node;
        for (int i = 0; height > 1 && i < inner->Count; i++) FreeInner(freer, ScoreInner.Child(freer.Heap, inner, i), height - 1);
        freer.Free(node);
    }

    /// <summary>Takes entries that are in the tree no more out of the table, and frees them.</summary>
    private void Forget(byte** entries, int count)
    {
        HashTable<MemberLayout> table = Table;
        ulong* hashes = stackalloc ulong[RemovedAtOnce];
        for (int i = 0; i < count; i++)
        {
            hashes[i] = _heap.Hasher.Hash(MemberEntry.Member(entries[i]));
            table.PrefetchLine(hashes[i]);
        }
        for (int i = 0; i < count; i++)
        {
            if (!table.TryFindReference(hashes[i], entries[i], out TableSlot slot))
                throw new HeapCorruptionException("A member of a sorted set is missing from its table.");
            table.Remove(table.BeginWrite(hashes[i]), slot);
            _heap.Free(entries[i]);
        }
    }
}
