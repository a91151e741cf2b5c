using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Sets;

/// <summary>Receives the members of a scan.</summary>
public interface IElementVisitor
{
    /// <summary>Called for each member; it must not write.</summary>
    void Visit(ListpackElement element);
}

/// <summary>A member of a set that was chosen; valid until the set is written.</summary>
public readonly unsafe struct SetPlace
{
    internal readonly byte* At;
    internal readonly int Index;

    internal SetPlace(byte* at, int index, ListpackElement member)
    {
        At = at;
        Index = index;
        Member = member;
    }

    /// <summary>The member.</summary>
    public ListpackElement Member { get; }
}

/// <summary>Sets: integers alone in an <see cref="IntSet"/>, few short members in a listpack, all others in a table.</summary>
/// <remarks>
/// <para>The entry's structure is the intset, the listpack, or the header of a table whose entries are
/// <see cref="SetMember"/>s: some ten bytes of table and one of length beside a member's own. Encodings only grow: a
/// member that does not fit converts the set, a removal never does.</para>
/// <para>A function that throws <see cref="HeapExhaustedException"/> leaves the members as they were, though perhaps in
/// another encoding.</para>
/// </remarks>
public static unsafe class SetValue
{
    /// <summary>An empty set in an entry that no table holds yet, in the encoding that suits its first member.</summary>
    /// <param name="heap">Where it lies.</param>
    /// <param name="key">Its key.</param>
    /// <param name="expiryMs">The key's expiry, −1 for none.</param>
    /// <param name="limits">The limits of encodings.</param>
    /// <param name="first">The first member.</param>
    /// <param name="expected">How many are about to come.</param>
    public static EntryRef NewEntry(
        Heap heap, ReadOnlySpan<byte> key, long expiryMs, in SetLimits limits, ReadOnlySpan<byte> first, long expected)
    {
        EntryEncoding encoding = expected <= limits.IntSetEntries && NumberText.TryParseInt64(first, out _) ? EntryEncoding.IntSet
            : expected <= limits.ListpackEntries ? EntryEncoding.ListPack
            : EntryEncoding.HashTable;
        return NewEntry(heap, key, expiryMs, encoding, expected);
    }

    /// <summary>An empty set in a certain encoding.</summary>
    public static EntryRef NewEntry(Heap heap, ReadOnlySpan<byte> key, long expiryMs, EntryEncoding encoding, long expected = 0)
    {
        byte* structure = encoding switch
        {
            EntryEncoding.IntSet => IntSet.Create(heap),
            EntryEncoding.ListPack => Listpack.Create(heap),
            _ => HashTable<SetMember>.Create(heap, expected).Header,
        };
        return DetachedEntry.OfStructure(heap, key, EntryType.Set, encoding, structure, expiryMs);
    }

    /// <summary>A set of checked bytes.</summary>
    public static EntryRef NewEntry(
        Heap heap, ReadOnlySpan<byte> key, long expiryMs, EntryEncoding encoding, ReadOnlySpan<byte> bytes)
    {
        byte* structure = encoding == EntryEncoding.IntSet ? IntSet.CopyOf(heap, bytes) : Listpack.CopyOf(heap, bytes);
        return DetachedEntry.OfStructure(heap, key, EntryType.Set, encoding, structure, expiryMs);
    }

    /// <summary>How many members there are.</summary>
    public static long Count(EntryRef set) => set.Encoding switch
    {
        EntryEncoding.HashTable => ((TableHeader*)set.Structure)->Count,
        EntryEncoding.ListPack => Listpack.Count(set.Structure),
        _ => IntSet.Count(set.Structure),
    };

    /// <summary>All members.</summary>
    public static SetCursor Members(EntryRef set) => new(set);

    /// <summary>The bytes of an intset or a listpack; nothing for a table.</summary>
    public static ReadOnlySpan<byte> PackedBytes(EntryRef set) => set.Encoding switch
    {
        EntryEncoding.HashTable => default,
        EntryEncoding.ListPack => Listpack.Bytes(set.Structure),
        _ => IntSet.Bytes(set.Structure),
    };

    /// <summary>Whether a member is in the set.</summary>
    public static bool Contains(Heap heap, EntryRef set, ReadOnlySpan<byte> member)
    {
        switch (set.Encoding)
        {
            case EntryEncoding.HashTable:
                return Table(heap, set).Find(heap.Hasher.Hash(member), member) != null;
            case EntryEncoding.ListPack:
                return Listpack.Find(Listpack.First(set.Structure), member, 0) != null;
            default:
                return NumberText.TryParseInt64(member, out long number) && IntSet.Contains(set.Structure, number);
        }
    }

    /// <summary>A random member of a set that has some, each equally likely.</summary>
    public static SetPlace Choose(Heap heap, EntryRef set, ref RandomSource random)
    {
        byte* structure = set.Structure;
        switch (set.Encoding)
        {
            case EntryEncoding.HashTable:
                byte* entry = Table(heap, set).FairRandom(ref random);
                return new SetPlace(entry, 0, SetMember.Element(entry));
            case EntryEncoding.ListPack:
                byte* at = Listpack.At(structure, random.NextInt(Listpack.Count(structure)));
                return new SetPlace(at, 0, Listpack.Get(at));
            default:
                int index = random.NextInt(IntSet.Count(structure));
                return new SetPlace(null, index, new ListpackElement(IntSet.At(structure, index)));
        }
    }

    /// <summary>Visits the members of one place of a table, or all others at once; returns the next cursor.</summary>
    public static ulong Scan<TVisitor>(Heap heap, EntryRef set, ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, IElementVisitor
    {
        if (set.Encoding == EntryEncoding.HashTable)
        {
            var inner = new EntryVisitor<TVisitor> { Visitor = visitor };
            cursor = Table(heap, set).Scan(cursor, ref inner);
            visitor = inner.Visitor;
            return cursor;
        }
        foreach (ListpackElement member in Members(set)) visitor.Visit(member);
        return 0;
    }

    /// <summary>The bytes that the structure takes, from as many members as samples.</summary>
    public static long UsedBytes(Heap heap, EntryRef set, long samples)
    {
        if (set.Encoding != EntryEncoding.HashTable) return (long)heap.UsableSize(set.Structure);
        HashTable<SetMember> table = Table(heap, set);
        return table.UsedBytes + TableFigures.EntryBytes(heap, (TableHeader*)table.Header, samples);
    }

    /// <summary>Converts a set to which so many members are about to come, when its encoding is not for as many.</summary>
    public static void Prepare(in StructureEditor editor, in SetLimits limits, long expected)
    {
        EntryEncoding encoding = editor.Encoding;
        bool isTooLarge = (encoding == EntryEncoding.ListPack && expected > limits.ListpackEntries)
            || (encoding == EntryEncoding.IntSet && expected > limits.IntSetEntries);
        if (isTooLarge) SetConversion.ToTable(editor, expected);
    }

    /// <summary>Adds a member; false when it is there already.</summary>
    public static bool Add(in StructureEditor editor, in SetLimits limits, ReadOnlySpan<byte> member)
    {
        switch (editor.Encoding)
        {
            case EntryEncoding.HashTable:
                return AddToTable(editor, editor.Heap.Hasher.Hash(member), member);
            case EntryEncoding.ListPack:
                return AddToListpack(editor, limits, member);
            default:
                return NumberText.TryParseInt64(member, out long number)
                    ? AddToIntSet(editor, limits, number, member)
                    : AddToNumbers(editor, limits, member);
        }
    }

    /// <summary>Adds a member whose hash is known.</summary>
    internal static bool Add(in StructureEditor editor, in SetLimits limits, ulong hash, ReadOnlySpan<byte> member) =>
        editor.Encoding == EntryEncoding.HashTable ? AddToTable(editor, hash, member) : Add(editor, limits, member);

    /// <summary>Removes a member; false when it is not there.</summary>
    public static bool Remove(in StructureEditor editor, ReadOnlySpan<byte> member)
    {
        Heap heap = editor.Heap;
        switch (editor.Encoding)
        {
            case EntryEncoding.HashTable:
                return RemoveFromTable(editor, heap.Hasher.Hash(member), member);
            case EntryEncoding.ListPack:
                byte* at = Listpack.Find(Listpack.First(editor.Structure), member, 0);
                if (at == null) return false;
                editor.Moved(Listpack.Remove(heap, editor.Structure, ref at));
                return true;
            default:
                if (!NumberText.TryParseInt64(member, out long number)) return false;
                byte* rest = IntSet.Remove(heap, editor.Structure, number, out bool removed);
                if (removed) editor.Moved(rest);
                return removed;
        }
    }

    /// <summary>Removes the member that was chosen.</summary>
    public static void Remove(in StructureEditor editor, SetPlace place)
    {
        Heap heap = editor.Heap;
        switch (editor.Encoding)
        {
            case EntryEncoding.HashTable:
                HashTable<SetMember> table = Table(heap, editor.Entry);
                ulong hash = heap.Hasher.Hash(SetMember.Key(place.At));
                if (!table.TryFindReference(hash, place.At, out TableSlot slot))
                    throw new InvalidOperationException("The member is not of this set.");
                table.Remove(table.BeginWrite(hash), slot);
                heap.Free(place.At);
                editor.Changed();
                break;
            case EntryEncoding.ListPack:
                byte* at = place.At;
                editor.Moved(Listpack.Remove(heap, editor.Structure, ref at));
                break;
            default:
                editor.Moved(IntSet.RemoveAt(heap, editor.Structure, place.Index));
                break;
        }
    }

    /// <summary>Puts a table from which much was taken into a listpack again, when it fits one.</summary>
    public static void Repack(in StructureEditor editor, in SetLimits limits)
    {
        if (editor.Encoding == EntryEncoding.HashTable) SetConversion.ToListpackIfFits(editor, limits);
    }

    /// <summary>Makes an entry for another key with the same members in the same encoding.</summary>
    public static EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs)
    {
        if (source.Encoding != EntryEncoding.HashTable)
            return NewEntry(heap, key, expiryMs, source.Encoding, PackedBytes(source));
        EntryRef copy = NewEntry(heap, key, expiryMs, EntryEncoding.HashTable);
        try
        {
            Table(heap, copy).CopyFrom<SetMember>(Table(heap, source));
            return copy;
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, copy);
            throw;
        }
    }

    internal static HashTable<SetMember> Table(Heap heap, EntryRef set) => HashTable<SetMember>.FromHeader(heap, set.Structure);

    /// <summary>Frees a table with its members.</summary>
    internal static void FreeTable<TFreer>(in TFreer freer, byte* structure) where TFreer : struct, IBlockFreer
    {
        TableIterator members = new((TableHeader*)structure);
        while (members.MoveNext()) freer.Free(members.Current);
        HashTable<SetMember>.FromHeader(freer.Heap, structure).Destroy(freer);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AddToTable(in StructureEditor editor, ulong hash, ReadOnlySpan<byte> member)
    {
        HashTable<SetMember> table = Table(editor.Heap, editor.Entry);
        if (table.Find(hash, member) != null) return false;
        SetMember.Insert(editor.Heap, table, hash, member);
        editor.Changed();
        return true;
    }

    private static bool RemoveFromTable(in StructureEditor editor, ulong hash, ReadOnlySpan<byte> member)
    {
        HashTable<SetMember> table = Table(editor.Heap, editor.Entry);
        if (!table.TryFind(hash, member, out TableSlot slot)) return false;
        table.Remove(table.BeginWrite(hash), slot);
        editor.Heap.Free(slot.Entry);
        editor.Changed();
        return true;
    }

    private static bool AddToListpack(in StructureEditor editor, in SetLimits limits, ReadOnlySpan<byte> member)
    {
        byte* pack = editor.Structure;
        if (Listpack.Find(Listpack.First(pack), member, 0) != null) return false;
        int count = Listpack.Count(pack);
        if (count < limits.ListpackEntries && member.Length <= limits.ListpackValueBytes && SetConversion.HasRoom(pack, member.Length))
        {
            editor.Moved(Listpack.Append(editor.Heap, pack, member));
            return true;
        }
        SetConversion.ToTable(editor, Math.Max(count + 1, limits.Expected));
        return AddToTable(editor, editor.Heap.Hasher.Hash(member), member);
    }

    private static bool AddToIntSet(in StructureEditor editor, in SetLimits limits, long number, ReadOnlySpan<byte> member)
    {
        byte* set = editor.Structure;
        int count = IntSet.Count(set);
        if (count < limits.IntSetMax)
        {
            set = IntSet.Add(editor.Heap, set, number, out bool added);
            if (added) editor.Moved(set);
            return added;
        }
        if (IntSet.Contains(set, number)) return false;
        SetConversion.ToTable(editor, Math.Max(count + 1, limits.Expected));
        return AddToTable(editor, editor.Heap.Hasher.Hash(member), member);
    }

    /// <summary>Adds the first member that is no number to a set of numbers.</summary>
    private static bool AddToNumbers(in StructureEditor editor, in SetLimits limits, ReadOnlySpan<byte> member)
    {
        if (SetConversion.NumbersFitListpack(editor.Structure, limits, member.Length))
        {
            SetConversion.ToListpack(editor);
            editor.Moved(Listpack.Append(editor.Heap, editor.Structure, member));
            return true;
        }
        SetConversion.ToTable(editor, Math.Max(IntSet.Count(editor.Structure) + 1, limits.Expected));
        return AddToTable(editor, editor.Heap.Hasher.Hash(member), member);
    }

    private struct EntryVisitor<TVisitor> : IEntryVisitor where TVisitor : struct, IElementVisitor
    {
        public TVisitor Visitor;

        public void Visit(byte* entry) => Visitor.Visit(SetMember.Element(entry));
    }
}
