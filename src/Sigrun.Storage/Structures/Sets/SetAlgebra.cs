namespace Sigrun.Storage.Structures.Sets;

/// <summary>Receives the members that a set operation gives.</summary>
public interface ISetSink
{
    /// <summary>Takes a member; false when no more are wanted.</summary>
    bool Take(in SetItem item);
}

/// <summary>Intersection, difference and union of sets in any encodings, without copies of the operands.</summary>
/// <remarks>
/// An intersection or difference goes through one operand in batches (see <see cref="SetBatch"/>) and looks its members
/// up in the others. A union puts the members of all into a set of its own, since only that can tell which were there.
/// </remarks>
public static unsafe class SetAlgebra
{
    /// <summary>The members that all sets have; the smallest set comes first.</summary>
    public static void Intersect<TSink>(Heap heap, ReadOnlySpan<EntryRef> sets, ref TSink sink)
        where TSink : struct, ISetSink, allows ref struct
    {
        SetBatch batch = new(heap, sets[0]);
        while (batch.Next())
        {
            for (int i = 1; i < sets.Length && batch.Count > 0; i++)
            {
                if (sets[i] != sets[0]) batch.Keep(sets[i], present: true);
            }
            if (!Give(ref batch, ref sink)) return;
        }
    }

    /// <summary>The members of the first set that none of the others has.</summary>
    public static void Subtract<TSink>(Heap heap, EntryRef first, ReadOnlySpan<EntryRef> others, ref TSink sink)
        where TSink : struct, ISetSink, allows ref struct
    {
        SetBatch batch = new(heap, first);
        while (batch.Next())
        {
            for (int i = 0; i < others.Length && batch.Count > 0; i++) batch.Keep(others[i], present: false);
            if (!Give(ref batch, ref sink)) return;
        }
    }

    /// <summary>Adds all members of a set to another.</summary>
    public static void AddAll(EntryRef set, ref SetBuilder target)
    {
        Heap heap = target.Heap;
        SetBatch batch = new(heap, set);
        while (batch.Next())
        {
            if (target.Entry.Encoding == EntryEncoding.HashTable) batch.Prefetch(SetValue.Table(heap, target.Entry));
            Give(ref batch, ref target);
        }
    }

    /// <summary>Takes all members of a set out of another.</summary>
    public static void RemoveAll(EntryRef set, ref SetBuilder target)
    {
        Heap heap = target.Heap;
        SetBatch batch = new(heap, set);
        while (batch.Next())
        {
            if (target.Entry.Encoding == EntryEncoding.HashTable) batch.Prefetch(SetValue.Table(heap, target.Entry));
            for (int i = 0; i < batch.Count; i++) target.Remove(batch[i]);
        }
    }

    private static bool Give<TSink>(ref SetBatch batch, ref TSink sink) where TSink : struct, ISetSink, allows ref struct
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (!sink.Take(batch[i])) return false;
        }
        return true;
    }
}
