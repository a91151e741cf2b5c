namespace Sigrun.Storage.Structures.Sets;

/// <summary>Puts the result of a set operation together in an entry that no table holds yet.</summary>
public ref struct SetBuilder : ISetSink
{
    private readonly SetLimits _limits;

    /// <summary>Begins with an empty set.</summary>
    /// <param name="heap">Where it lies.</param>
    /// <param name="key">Its key.</param>
    /// <param name="encoding">The encoding to begin with.</param>
    /// <param name="limits">The limits of encodings.</param>
    public SetBuilder(Heap heap, scoped ReadOnlySpan<byte> key, EntryEncoding encoding, scoped in SetLimits limits)
    {
        Heap = heap;
        _limits = limits;
        HasOnlyNumbers = true;
        Entry = SetValue.NewEntry(heap, key, KeyEntry.NoExpiry, encoding, limits.Expected);
    }

    /// <summary>Begins with a copy of a set in a table that is too large for any other encoding.</summary>
    /// <param name="heap">Where it lies.</param>
    /// <param name="key">Its key.</param>
    /// <param name="source">The set.</param>
    /// <param name="limits">The limits of encodings.</param>
    public SetBuilder(Heap heap, scoped ReadOnlySpan<byte> key, EntryRef source, scoped in SetLimits limits)
    {
        Heap = heap;
        _limits = limits;
        Entry = SetValue.Copy(source, heap, key, KeyEntry.NoExpiry);
    }

    /// <summary>Whether a set can only be kept in a table, whatever its members are.</summary>
    public static bool NeedsTable(EntryRef set, in SetLimits limits) =>
        set.Encoding == EntryEncoding.HashTable && SetValue.Count(set) > Math.Max(limits.ListpackEntries, limits.IntSetMax);

    /// <summary>The entry: the caller's in the end.</summary>
    public EntryRef Entry { get; }

    /// <summary>Whether all members so far are numbers.</summary>
    public bool HasOnlyNumbers { get; private set; }

    /// <summary>How many members there are.</summary>
    public readonly long Count => SetValue.Count(Entry);

    internal Heap Heap { get; }

    private readonly StructureEditor Editor => StructureEditor.ForDetached(Heap, Entry);

    /// <inheritdoc/>
    public bool Take(in SetItem item)
    {
        if (HasOnlyNumbers) HasOnlyNumbers = item.IsNumber || NumberText.TryParseInt64(item.Bytes, out _);
        SetValue.Add(Editor, _limits, item.Hash, item.Bytes);
        return true;
    }

    /// <summary>Takes a member out again.</summary>
    public readonly void Remove(in SetItem item) => SetValue.Remove(Editor, item.Bytes);

    /// <summary>Gives the set the encoding for numbers, if it may have it.</summary>
    public readonly void PackNumbers()
    {
        if (HasOnlyNumbers && Entry.Encoding != EntryEncoding.IntSet && Count <= _limits.IntSetMax) SetConversion.ToIntSet(Editor);
    }

    /// <summary>Ends an entry that is not wanted.</summary>
    public readonly void Discard() => DetachedEntry.Free(Heap, Entry);
}
