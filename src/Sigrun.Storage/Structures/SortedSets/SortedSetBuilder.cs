using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>How scores of the same member in several sets become one.</summary>
public enum ScoreAggregate
{
    /// <summary>Their sum; 0 where that is not a number.</summary>
    Sum,

    /// <summary>The least.</summary>
    Min,

    /// <summary>The greatest.</summary>
    Max,
}

/// <summary>
/// Collects members in any order and makes a sorted set of them at once: sorting and building the tree from the
/// bottom up costs a fraction of as many insertions.
/// </summary>
/// <remarks>
/// It owns what it has collected until a set is made of it; it has to be disposed of in any case. An indexed one has
/// the hash table from the start and can find members again; else the table is made at the end, if there is one.
/// </remarks>
public unsafe ref struct SortedSetBuilder
{
    private const int FirstCapacity = 64;
    private const int Batch = 16;

    private readonly Heap _heap;
    private byte* _table;
    private ulong* _entries;
    private ulong* _keys;
    private long _capacity;
    private bool _isSorted;

    /// <summary>Starts without members.</summary>
    /// <param name="heap">The heap of the set.</param>
    /// <param name="indexed">Whether <see cref="Combine"/> and <see cref="UnionWith"/> will be used.</param>
    public SortedSetBuilder(Heap heap, bool indexed)
    {
        _heap = heap;
        if (indexed) _table = HashTable<MemberLayout>.Create(heap).Header;
    }

    /// <summary>The number of members.</summary>
    public long Count { get; private set; }

    /// <summary>The length of the longest member.</summary>
    public long LongestMember { get; private set; }

    private long MemberBytes { get; set; }

    private readonly HashTable<MemberLayout> Table => HashTable<MemberLayout>.FromHeader(_heap, _table);

    /// <summary>The member at an index of the order after <see cref="Sort"/>.</summary>
    public readonly ReadOnlySpan<byte> MemberAt(long index) => MemberEntry.Member(EntryAt(index));

    /// <summary>Its score.</summary>
    public readonly double ScoreAt(long index) => MemberEntry.Score(EntryAt(index));

    /// <summary>Adds a member that is not there.</summary>
    public void Add(scoped ReadOnlySpan<byte> member, double score) => Add(_table == null ? 0 : _heap.Hasher.Hash(member), member, score);

    /// <summary>Whether a member is there.</summary>
    public readonly bool Contains(scoped ReadOnlySpan<byte> member) => Table.Find(_heap.Hasher.Hash(member), member) != null;

    /// <summary>Adds a member unless it is there; whether it was added.</summary>
    public bool TryAdd(scoped ReadOnlySpan<byte> member, double score)
    {
        ulong hash = _heap.Hasher.Hash(member);
        if (Table.Find(hash, member) != null) return false;
        Add(hash, member, score);
        return true;
    }

    /// <summary>Adds a member or aggregates its scores.</summary>
    public void Combine(scoped ReadOnlySpan<byte> member, double score, ScoreAggregate aggregate) =>
        CombineHashed(_heap.Hasher.Hash(member), member, score, aggregate);

    /// <summary>Adds a sorted set's members, or aggregates the scores of those that are there.</summary>
    public void UnionWith(in SortedSetReader source, double weight, ScoreAggregate aggregate)
    {
        if (source.IsPack)
        {
            Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
            for (SortedSetCursor at = source.At(0); !at.IsEnd; at.MoveNext())
                Combine(at.GetMember(scratch), Weighted(at.Score, weight), aggregate);
            return;
        }
        for (ScoreLeaf* leaf = ((SortedSetHeader*)source.Structure)->First; leaf != null; leaf = leaf->Next)
        {
            if (leaf->Next != null) Fetch(leaf->Next, 0);
            for (int i = 0; i < leaf->Count; i += Batch) CombineBatch(leaf, i, weight, aggregate);
        }
    }

    /// <summary>A score times a weight; what is not a number counts as 0.</summary>
    public static double Weighted(double score, double weight)
    {
        double product = score * weight;
        return double.IsNaN(product) ? 0 : product;
    }

    /// <summary>One score of two.</summary>
    public static double Aggregate(double present, double score, ScoreAggregate aggregate)
    {
        switch (aggregate)
        {
            case ScoreAggregate.Min:
                return score < present ? score : present;
            case ScoreAggregate.Max:
                return score > present ? score : present;
            default:
                double sum = present + score;
                return double.IsNaN(sum) ? 0 : sum;
        }
    }

    /// <summary>
    /// Makes the table when it was not there from the start; false when a member was added twice, which is then for the
    /// caller to refuse. All at once is cheaper than asking before each: the table gets its size, and lines are fetched ahead.
    /// </summary>
    public bool TryIndex() => Index(mayRepeat: true);

    /// <summary>Brings the members into the order of score, then member.</summary>
    public void Sort()
    {
        if (_isSorted || Count == 0) return;
        if (_keys != null) _heap.Free((byte*)_keys);
        _keys = null;
        _keys = (ulong*)_heap.Allocate((nuint)(Count * sizeof(ulong)));
        new ScoredEntries(_heap, _keys, _entries, (int)Count).Sort();
        _isSorted = true;
    }

    /// <summary>Makes an entry with a sorted set of the members, of which there is at least one; the builder is empty afterwards.</summary>
    public EntryRef Build(ReadOnlySpan<byte> key, long expiryMs, in SortedSetLimits limits)
    {
        Sort();
        bool isSmall = Count <= limits.Entries && LongestMember <= limits.MemberBytes && MemberBytes < Listpack.BytesMax / 2;
        return isSmall
            ? DetachedEntry.OfStructure(_heap, key, EntryType.SortedSet, EntryEncoding.ListPack, BuildPack(), expiryMs)
            : DetachedEntry.OfStructure(_heap, key, EntryType.SortedSet, EntryEncoding.SkipList, BuildTree(), expiryMs);
    }

    /// <summary>Ends what is still owned.</summary>
    public void Dispose()
    {
        for (long i = 0; i < Count; i++) _heap.Free(EntryAt(i));
        Count = 0;
        if (_table != null) Table.Destroy();
        if (_entries != null) _heap.Free((byte*)_entries);
        if (_keys != null) _heap.Free((byte*)_keys);
        _table = null;
        _entries = _keys = null;
    }

    /// <summary>Adds a copy of an entry whose member is not there.</summary>
    internal void AddCopy(byte* entry) => Add(MemberEntry.Member(entry), MemberEntry.Score(entry));

    /// <summary>Makes the structure of a large sorted set; the builder is empty afterwards.</summary>
    internal byte* BuildTree()
    {
        Sort();
        if (_table == null) Index(mayRepeat: false);
        SortedSetHeader* set = (SortedSetHeader*)_heap.Allocate((nuint)sizeof(SortedSetHeader));
        try
        {
            *set = default;
            ScoreTreeBuilder.Build(_heap, set, _keys, _entries, (int)Count);
        }
        catch (HeapExhaustedException)
        {
            _heap.Free((byte*)set);
            throw;
        }
        set->Table = _table;
        _table = null;
        Count = 0;
        return (byte*)set;
    }

    private readonly byte* BuildPack()
    {
        byte* pack = Listpack.Create(_heap, (int)(MemberBytes + Count * 12) + Listpack.EmptyBytes);
        try
        {
            for (long i = 0; i < Count; i++) pack = SortedSetPack.Append(_heap, pack, MemberAt(i), ScoreAt(i));
            return Listpack.Trim(_heap, pack);
        }
        catch (HeapExhaustedException)
        {
            _heap.Free(pack);
            throw;
        }
    }

    /// <summary>Makes the table of all entries; false when a member is there twice, which is only looked for if it may be.</summary>
    private bool Index(bool mayRepeat)
    {
        _table = HashTable<MemberLayout>.Create(_heap, Count).Header;
        HashTable<MemberLayout> table = Table;
        ulong* hashes = stackalloc ulong[Batch];
        for (long start = 0; start < Count; start += Batch)
        {
            int count = (int)Math.Min(Batch, Count - start);
            for (int i = 0; i < count && start + Batch + i < Count; i++) Prefetch.Line(EntryAt(start + Batch + i));
            for (int i = 0; i < count; i++)
            {
                hashes[i] = _heap.Hasher.Hash(MemberAt(start + i));
                table.PrefetchLine(hashes[i]);
            }
            for (int i = 0; i < count; i++)
            {
                if (mayRepeat && table.Find(hashes[i], MemberAt(start + i)) != null) return false;
                table.Insert(table.BeginWrite(hashes[i]), hashes[i], EntryAt(start + i));
            }
        }
        return true;
    }

    private void CombineBatch(ScoreLeaf* leaf, int start, double weight, ScoreAggregate aggregate)
    {
        ulong* hashes = stackalloc ulong[Batch];
        int count = Math.Min(Batch, leaf->Count - start);
        HashTable<MemberLayout> table = Table;
        Fetch(leaf, start + Batch);
        for (int i = 0; i < count; i++)
        {
            hashes[i] = _heap.Hasher.Hash(MemberEntry.Member(ScoreLeaf.Entry(_heap.Base, leaf, start + i)));
            table.PrefetchLine(hashes[i]);
        }
        for (int i = 0; i < count; i++) table.PrefetchEntry(hashes[i]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> member = MemberEntry.Member(ScoreLeaf.Entry(_heap.Base, leaf, start + i));
            CombineHashed(hashes[i], member, Weighted(ScoreLeaf.Scores(leaf)[start + i], weight), aggregate);
        }
    }

    /// <summary>Fetches the entries of a batch.</summary>
    private readonly void Fetch(ScoreLeaf* leaf, int start)
    {
        int end = Math.Min(start + Batch, leaf->Count);
        for (int i = start; i < end; i++) Prefetch.Line(ScoreLeaf.Entry(_heap.Base, leaf, i));
    }

    private void CombineHashed(ulong hash, scoped ReadOnlySpan<byte> member, double score, ScoreAggregate aggregate)
    {
        byte* entry = Table.Find(hash, member);
        if (entry == null) Add(hash, member, score);
        else MemberEntry.SetScore(entry, Aggregate(MemberEntry.Score(entry), score, aggregate));
    }

    private void Add(ulong hash, scoped ReadOnlySpan<byte> member, double score)
    {
        if (Count == _capacity) Grow();
        byte* entry = MemberEntry.Create(_heap, member, score);
        if (_table != null)
        {
            HashTable<MemberLayout> table = Table;
            try
            {
                table.Insert(table.BeginWrite(hash), hash, entry);
            }
            catch (HeapExhaustedException)
            {
                _heap.Free(entry);
                throw;
            }
        }
        _entries[Count++] = _heap.ToRef(entry);
        _isSorted = false;
        MemberBytes += member.Length;
        LongestMember = Math.Max(LongestMember, member.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly byte* EntryAt(long index) => _heap.Base + (_entries[index] << 2);

    private void Grow()
    {
        long capacity = Math.Max(FirstCapacity, _capacity * 2);
        if (capacity > int.MaxValue) throw new HeapExhaustedException(capacity * sizeof(ulong));
        ulong* larger = (ulong*)_heap.Allocate((nuint)(capacity * sizeof(ulong)));
        if (_entries != null)
        {
            new ReadOnlySpan<ulong>(_entries, (int)Count).CopyTo(new Span<ulong>(larger, (int)Count));
            _heap.Free((byte*)_entries);
        }
        _entries = larger;
        _capacity = capacity;
    }
}
