using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Sets;

/// <summary>Turns sets from one encoding into another; the old structure is freed when the new one is whole.</summary>
internal static unsafe class SetConversion
{
    /// <summary>Whether a listpack can take so many bytes more without becoming too large.</summary>
    public static bool HasRoom(byte* pack, int bytes) => Listpack.HasRoomFor(pack, bytes + Listpack.ElementOverheadMax);

    /// <summary>Whether an intset with one more member of that length fits a listpack.</summary>
    public static bool NumbersFitListpack(byte* numbers, in SetLimits limits, int addedBytes)
    {
        int count = IntSet.Count(numbers);
        if (count >= limits.ListpackEntries || addedBytes > limits.ListpackValueBytes) return false;
        if (count == 0) return true;
        int longest = Math.Max(Digits(IntSet.At(numbers, 0)), Digits(IntSet.At(numbers, count - 1)));
        long bytes = (long)count * (longest + Listpack.ElementOverheadMax) + addedBytes;
        return longest <= limits.ListpackValueBytes && bytes < Listpack.BytesMax - Listpack.ElementOverheadMax;
    }

    /// <summary>Turns an intset or a listpack into a table for so many members.</summary>
    public static void ToTable(in StructureEditor editor, long expected)
    {
        Heap heap = editor.Heap;
        byte* old = editor.Structure;
        HashTable<SetMember> table = HashTable<SetMember>.Create(heap, expected);
        try
        {
            Fill(heap, table, SetValue.Members(editor.Entry));
        }
        catch (HeapExhaustedException)
        {
            SetValue.FreeTable(new OwnerFreer(heap), table.Header);
            throw;
        }
        editor.Replace(EntryEncoding.HashTable, table.Header);
        heap.Free(old);
    }

    /// <summary>Turns an intset into a listpack.</summary>
    public static void ToListpack(in StructureEditor editor)
    {
        byte* old = editor.Structure;
        editor.Replace(EntryEncoding.ListPack, MakeListpack(editor.Heap, editor.Entry));
        editor.Heap.Free(old);
    }

    /// <summary>Turns a table into a listpack when its members are few and short enough and there is memory for it.</summary>
    public static void ToListpackIfFits(in StructureEditor editor, in SetLimits limits)
    {
        EntryRef set = editor.Entry;
        if (SetValue.Count(set) > limits.ListpackEntries) return;
        long bytes = 0;
        foreach (ListpackElement member in SetValue.Members(set))
        {
            if (member.Bytes.Length > limits.ListpackValueBytes) return;
            bytes += member.Bytes.Length + Listpack.ElementOverheadMax;
        }
        if (bytes > Listpack.BytesMax / 2) return;
        byte* old = editor.Structure;
        byte* pack;
        try
        {
            pack = MakeListpack(editor.Heap, set);
        }
        catch (HeapExhaustedException)
        {
            // Members were removed already; the table serves as well.
            return;
        }
        editor.Replace(EntryEncoding.ListPack, pack);
        SnapshotWalk.FreeStructure(editor.Heap, EntryType.Set, EntryEncoding.HashTable, old);
    }

    /// <summary>Turns any encoding into an intset; all members are numbers.</summary>
    public static void ToIntSet(in StructureEditor editor)
    {
        Heap heap = editor.Heap;
        EntryRef set = editor.Entry;
        byte* numbers = IntSet.Create(heap);
        try
        {
            Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
            foreach (ListpackElement member in SetValue.Members(set))
            {
                if (!NumberText.TryParseInt64(member.GetBytes(digits), out long number))
                    throw new InvalidOperationException("The member is not a number.");
                numbers = IntSet.Add(heap, numbers, number, out _);
            }
        }
        catch (HeapExhaustedException)
        {
            heap.Free(numbers);
            throw;
        }
        byte* old = editor.Structure;
        EntryEncoding oldEncoding = editor.Encoding;
        editor.Replace(EntryEncoding.IntSet, numbers);
        SnapshotWalk.FreeStructure(heap, EntryType.Set, oldEncoding, old);
    }

    /// <summary>Adds members, which are all different and not there, to a table.</summary>
    public static void Fill(Heap heap, in HashTable<SetMember> table, SetCursor members)
    {
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        foreach (ListpackElement member in members)
        {
            ReadOnlySpan<byte> bytes = member.GetBytes(digits);
            SetMember.Insert(heap, table, heap.Hasher.Hash(bytes), bytes);
        }
    }

    private static byte* MakeListpack(Heap heap, EntryRef set)
    {
        byte* pack = Listpack.Create(heap);
        try
        {
            foreach (ListpackElement member in SetValue.Members(set))
                pack = member.IsNumber ? Listpack.Append(heap, pack, member.Number) : Listpack.Append(heap, pack, member.Bytes);
            return Listpack.Trim(heap, pack);
        }
        catch (HeapExhaustedException)
        {
            heap.Free(pack);
            throw;
        }
    }

    private static int Digits(long number) => NumberText.FormatInt64(stackalloc byte[NumberText.Int64Max], number);
}
