using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Storage.Structures;

/// <summary>Looks for elements that come twice in a checked listpack from outside.</summary>
public static unsafe class ListpackDuplicates
{
    /// <summary>Up to so many elements are compared with one another; more go into a table.</summary>
    private const int CompareMax = 32;

    /// <summary>Whether any element comes twice among each first of so many.</summary>
    /// <param name="heap">Where a table for many elements lies meanwhile.</param>
    /// <param name="bytes">The listpack, all of whose elements make sense.</param>
    /// <param name="step">1 to look at all elements, 2 for those of names in pairs of name and value.</param>
    public static bool Any(Heap heap, ReadOnlySpan<byte> bytes, int step)
    {
        fixed (byte* pack = bytes)
        {
            byte* first = Listpack.First(pack);
            return CountOf(first, step) <= CompareMax ? AnyByComparing(first, step) : AnyByTable(heap, first, step);
        }
    }

    private static int CountOf(byte* first, int step)
    {
        int count = 0;
        for (byte* at = first; at != null; at = Step(at, step)) count++;
        return count;
    }

    private static bool AnyByComparing(byte* first, int step)
    {
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        for (byte* at = first; at != null; at = Step(at, step))
        {
            if (Listpack.Find(Step(at, step), Listpack.Get(at).GetBytes(digits), step - 1) != null) return true;
        }
        return false;
    }

    private static bool AnyByTable(Heap heap, byte* first, int step)
    {
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        HashTable<SetMember> seen = HashTable<SetMember>.Create(heap);
        try
        {
            for (byte* at = first; at != null; at = Step(at, step))
            {
                ReadOnlySpan<byte> text = Listpack.Get(at).GetBytes(digits);
                ulong hash = heap.Hasher.Hash(text);
                if (seen.Find(hash, text) != null) return true;
                SetMember.Insert(heap, seen, hash, text);
            }
            return false;
        }
        finally
        {
            SetValue.FreeTable(new OwnerFreer(heap), seen.Header);
        }
    }

    private static byte* Step(byte* at, int step)
    {
        for (; step > 0 && at != null; step--) at = Listpack.Next(at);
        return at;
    }
}
