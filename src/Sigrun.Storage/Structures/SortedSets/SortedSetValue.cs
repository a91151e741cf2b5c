namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Under which conditions, and how, a member's score is set.</summary>
[Flags]
public enum SortedSetUpdate
{
    /// <summary>Always, to the score given.</summary>
    None = 0,

    /// <summary>Only a member that is not there yet.</summary>
    OnlyNew = 1,

    /// <summary>Only a member that is there.</summary>
    OnlyExisting = 2,

    /// <summary>A member that is there gets a greater score only.</summary>
    OnlyGreater = 4,

    /// <summary>A member that is there gets a smaller score only.</summary>
    OnlyLess = 8,

    /// <summary>The score given is added to the present one.</summary>
    Increment = 16,
}

/// <summary>What came of setting a score.</summary>
public enum SortedSetOutcome
{
    /// <summary>A condition did not hold.</summary>
    Skipped,

    /// <summary>The sum is not a number; nothing was changed.</summary>
    NotANumber,

    /// <summary>The member had this score already.</summary>
    Same,

    /// <summary>The member is new.</summary>
    Added,

    /// <summary>The member has another score now.</summary>
    Changed,
}

/// <summary>Makes and changes sorted sets: one listpack up to some size, then a tree with a hash table.</summary>
public static unsafe class SortedSetValue
{
    /// <summary>An entry with a sorted set without members.</summary>
    public static EntryRef NewEntry(Heap heap, ReadOnlySpan<byte> key, long expiryMs = KeyEntry.NoExpiry) =>
        DetachedEntry.OfStructure(heap, key, EntryType.SortedSet, EntryEncoding.ListPack, Listpack.Create(heap), expiryMs);

    /// <summary>An entry with a sorted set without members, in the encoding for those that will come.</summary>
    /// <param name="heap">The heap.</param>
    /// <param name="key">The key.</param>
    /// <param name="members">About how many will come.</param>
    /// <param name="longest">The length of the longest.</param>
    /// <param name="limits">Up to which size it is a listpack.</param>
    public static EntryRef NewEntry(Heap heap, ReadOnlySpan<byte> key, long members, long longest, in SortedSetLimits limits)
    {
        if (members <= limits.Entries && longest <= limits.MemberBytes) return NewEntry(heap, key);
        return DetachedEntry.OfStructure(
            heap, key, EntryType.SortedSet, EntryEncoding.SkipList, (byte*)SortedSetTree.Create(heap).Header, KeyEntry.NoExpiry);
    }

    /// <summary>An entry with a sorted set that is the checked listpack of these bytes.</summary>
    public static EntryRef NewEntryOfPack(Heap heap, ReadOnlySpan<byte> key, ReadOnlySpan<byte> pack, long expiryMs) =>
        DetachedEntry.OfStructure(heap, key, EntryType.SortedSet, EntryEncoding.ListPack, Listpack.CopyOf(heap, pack), expiryMs);

    /// <summary>The number of members.</summary>
    public static long Count(EntryRef entry) => Walker(entry).Count;

    /// <summary>The member with the lowest score.</summary>
    public static SortedSetCursor First(EntryRef entry) => Walker(entry).At(0);

    /// <summary>The member with the highest score, to go back from.</summary>
    public static SortedSetCursor Last(EntryRef entry)
    {
        SortedSetReader reader = Walker(entry);
        return reader.At(reader.Count - 1, forward: false);
    }

    /// <summary>The bytes of a sorted set that is one listpack.</summary>
    public static ReadOnlySpan<byte> PackBytes(EntryRef entry) => entry.Encoding == EntryEncoding.ListPack
        ? Listpack.Bytes(entry.Structure)
        : throw new InvalidOperationException("The sorted set is no listpack.");

    /// <summary>Whether the listpack of a set from outside is what it should be: pairs in order, no member twice, scores that are numbers.</summary>
    public static bool IsConsistent(Heap heap, EntryRef entry)
    {
        SortedSetBuilder seen = new(heap, indexed: true);
        try
        {
            Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
            double last = double.NegativeInfinity;
            byte* previous = null;
            for (byte* at = Listpack.First(entry.Structure); at != null; at = SortedSetPack.Next(at))
            {
                ReadOnlySpan<byte> member = Listpack.Get(at).GetBytes(scratch);
                if (!SortedSetPack.TryReadScore(Listpack.Next(at), out double score) || score < last) return false;
                if (previous != null && score == last && SortedSetPack.CompareMember(previous, member) >= 0) return false;
                if (!seen.TryAdd(member, score)) return false;
                last = score;
                previous = at;
            }
            return true;
        }
        finally
        {
            seen.Dispose();
        }
    }

    /// <summary>Changes to the encoding for more members before they come.</summary>
    public static void Prepare(in StructureEditor editor, long members, long longest, in SortedSetLimits limits)
    {
        if (editor.Encoding == EntryEncoding.ListPack && (members > limits.Entries || longest > limits.MemberBytes)) ToTree(editor);
    }

    /// <summary>Adds a member or sets its score.</summary>
    /// <param name="editor">The set.</param>
    /// <param name="member">The member; must not alias stored bytes.</param>
    /// <param name="score">The score or, with <see cref="SortedSetUpdate.Increment"/>, what to add to it; afterwards the member's score.</param>
    /// <param name="how">Conditions.</param>
    /// <param name="limits">Up to which size the set is a listpack.</param>
    public static SortedSetOutcome Set(
        in StructureEditor editor, ReadOnlySpan<byte> member, ref double score, SortedSetUpdate how, in SortedSetLimits limits)
    {
        if (editor.Encoding != EntryEncoding.ListPack) return SetInTree(editor, member, ref score, how);
        byte* pack = editor.Structure;
        byte* element = SortedSetPack.Find(pack, member);
        if (element != null)
        {
            SortedSetOutcome outcome = Decide(SortedSetPack.ScoreOf(element), ref score, how);
            if (outcome == SortedSetOutcome.Changed) editor.Moved(SortedSetPack.SetScore(editor.Heap, pack, element, member, score));
            return outcome;
        }
        if ((how & SortedSetUpdate.OnlyExisting) != 0) return SortedSetOutcome.Skipped;
        bool fits = Listpack.Count(pack) / 2 < limits.Entries && member.Length <= limits.MemberBytes && Listpack.HasRoomFor(pack, member.Length + PairOverhead);
        if (!fits)
        {
            ToTree(editor);
            return SetInTree(editor, member, ref score, how);
        }
        editor.Moved(SortedSetPack.Insert(editor.Heap, pack, member, score));
        return SortedSetOutcome.Added;
    }

    /// <summary>Removes a member; false when there is none.</summary>
    public static bool Remove(in StructureEditor editor, ReadOnlySpan<byte> member)
    {
        if (editor.Encoding != EntryEncoding.ListPack)
        {
            if (!new SortedSetTree(editor.Heap, editor.Structure).Remove(member)) return false;
            editor.Changed();
            return true;
        }
        byte* pack = editor.Structure;
        byte* element = SortedSetPack.Find(pack, member);
        if (element == null) return false;
        editor.Moved(Listpack.RemoveRange(editor.Heap, pack, ref element, 2));
        return true;
    }

    /// <summary>Removes members by rank; all of them are there.</summary>
    public static void RemoveRange(in StructureEditor editor, RankRange range)
    {
        if (range.Count == 0) return;
        if (editor.Encoding != EntryEncoding.ListPack)
        {
            editor.Changed();
            new SortedSetTree(editor.Heap, editor.Structure).RemoveRange(range.First, range.Count);
            return;
        }
        byte* pack = editor.Structure;
        byte* element = Listpack.At(pack, range.First * 2);
        editor.Moved(Listpack.RemoveRange(editor.Heap, pack, ref element, range.Count * 2));
    }

    /// <summary>Makes an entry for another key with an equal sorted set in the same encoding.</summary>
    public static EntryRef Copy(Heap heap, EntryRef source, ReadOnlySpan<byte> key, long expiryMs)
    {
        if (source.Encoding == EntryEncoding.ListPack) return NewEntryOfPack(heap, key, PackBytes(source), expiryMs);
        byte* structure = CopyTree(heap, new SortedSetTree(heap, source.Structure));
        return DetachedEntry.OfStructure(heap, key, EntryType.SortedSet, EntryEncoding.SkipList, structure, expiryMs);
    }

    /// <summary>What a pair takes in a listpack beside the member's bytes, at most.</summary>
    private const int PairOverhead = 2 * Listpack.ElementOverheadMax + NumberText.DoubleMax;

    /// <summary>A reader that finds places from either end without the heap.</summary>
    private static SortedSetReader Walker(EntryRef entry) => new(null!, entry);

    private static byte* CopyTree(Heap heap, in SortedSetTree source)
    {
        SortedSetBuilder builder = new(heap, indexed: false);
        try
        {
            for (ScoreLeaf* leaf = source.Header->First; leaf != null; leaf = leaf->Next)
            {
                for (int i = 0; i < leaf->Count; i++) builder.AddCopy(ScoreLeaf.Entry(heap.Base, leaf, i));
            }
            return builder.BuildTree();
        }
        finally
        {
            builder.Dispose();
        }
    }

    private static SortedSetOutcome SetInTree(in StructureEditor editor, ReadOnlySpan<byte> member, ref double score, SortedSetUpdate how)
    {
        SortedSetTree tree = new(editor.Heap, editor.Structure);
        ulong hash = editor.Heap.Hasher.Hash(member);
        if (tree.Table.TryFind(hash, member, out TableSlot slot))
        {
            SortedSetOutcome outcome = Decide(MemberEntry.Score(slot.Entry), ref score, how);
            if (outcome != SortedSetOutcome.Changed) return outcome;
            tree.SetScore(hash, slot, score);
            editor.Changed();
            return outcome;
        }
        if ((how & SortedSetUpdate.OnlyExisting) != 0) return SortedSetOutcome.Skipped;
        tree.Add(hash, member, score);
        editor.Changed();
        return SortedSetOutcome.Added;
    }

    /// <summary>What happens to a member that is there.</summary>
    private static SortedSetOutcome Decide(double present, ref double score, SortedSetUpdate how)
    {
        if ((how & SortedSetUpdate.OnlyNew) != 0) return SortedSetOutcome.Skipped;
        if ((how & SortedSetUpdate.Increment) != 0)
        {
            score += present;
            if (double.IsNaN(score)) return SortedSetOutcome.NotANumber;
        }
        if ((how & SortedSetUpdate.OnlyLess) != 0 && score >= present) return SortedSetOutcome.Skipped;
        if ((how & SortedSetUpdate.OnlyGreater) != 0 && score <= present) return SortedSetOutcome.Skipped;
        return score == present ? SortedSetOutcome.Same : SortedSetOutcome.Changed;
    }

    private static void ToTree(in StructureEditor editor)
    {
        byte* pack = editor.Structure;
        editor.Replace(EntryEncoding.SkipList, TreeOf(editor.Heap, pack));
        editor.Heap.Free(pack);
    }

    private static byte* TreeOf(Heap heap, byte* pack)
    {
        SortedSetTree tree = SortedSetTree.Create(heap);
        try
        {
            Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
            for (byte* at = Listpack.First(pack); at != null; at = SortedSetPack.Next(at))
            {
                ReadOnlySpan<byte> member = Listpack.Get(at).GetBytes(scratch);
                tree.Add(heap.Hasher.Hash(member), member, SortedSetPack.ScoreOf(at));
            }
        }
        catch (HeapExhaustedException)
        {
            SortedSetTree.Free(new OwnerFreer(heap), (byte*)tree.Header);
            throw;
        }
        return (byte*)tree.Header;
    }
}
