namespace Sigrun.Storage.Structures.Hashes;

/// <summary>What setting a field has done.</summary>
public enum FieldChange
{
    /// <summary>The field is new.</summary>
    Added,

    /// <summary>It has another value.</summary>
    Changed,

    /// <summary>It had expired and is back.</summary>
    Revived,
}

/// <summary>Changes a hash; see <see cref="HashValue"/>.</summary>
/// <remarks>
/// A function that throws <see cref="HeapExhaustedException"/> leaves the fields as they were, though perhaps in a
/// table instead of a listpack.
/// </remarks>
public readonly unsafe ref struct HashEditor
{
    private readonly StructureEditor _editor;

    /// <summary>Opens a hash.</summary>
    public HashEditor(StructureEditor editor) => _editor = editor;

    /// <summary>The hash.</summary>
    public EntryRef Entry => _editor.Entry;

    /// <summary>Whether it is a listpack still.</summary>
    public bool IsListpack => _editor.Encoding == EntryEncoding.ListPack;

    private Heap Heap => _editor.Heap;

    private HashTable<HashField> Table => HashValue.Table(Heap, Entry);

    private FieldExpiryQueue* Queue => HashValue.Queue(_editor.Structure);

    /// <summary>Turns a listpack into a table for so many fields.</summary>
    public void ToTable(long expected)
    {
        if (!IsListpack) return;
        byte* old = _editor.Structure;
        HashTable<HashField> table = HashTable<HashField>.Create(Heap, expected);
        try
        {
            Fill(table);
        }
        catch (HeapExhaustedException)
        {
            HashValue.FreeTable(new OwnerFreer(Heap), table.Header);
            throw;
        }
        _editor.Replace(EntryEncoding.HashTable, table.Header);
        Heap.Free(old);
    }

    /// <summary>Turns a listpack into a table when what will be set does not fit one: too many fields, or too long ones.</summary>
    public void Prepare(in HashLimits limits, long addedFields, int longestBytes, long addedBytes)
    {
        if (!IsListpack) return;
        bool fits = addedFields <= limits.ListpackEntries && longestBytes <= limits.ListpackValueBytes
            && Listpack.HasRoomFor(_editor.Structure, addedBytes + 2 * addedFields * Listpack.ElementOverheadMax);
        if (!fits) ToTable(HashValue.Count(Entry) + addedFields);
    }

    /// <summary>Gives a field a value, and an expiry or (−1) none.</summary>
    /// <param name="limits">The limits of the listpack.</param>
    /// <param name="field">The field.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiryMs">When it shall expire.</param>
    /// <param name="keepsExpiry">Whether a field that is there keeps its expiry instead.</param>
    /// <param name="nowMs">What has expired by now counts as new.</param>
    public FieldChange Set(
        in HashLimits limits, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs, bool keepsExpiry, long nowMs)
    {
        if (expiryMs >= 0) ToTable(HashValue.Count(Entry) + 1);
        Prepare(limits, 1, Math.Max(field.Length, value.Length), (long)field.Length + value.Length);
        return IsListpack ? SetInListpack(limits, field, value) : SetInTable(field, value, expiryMs, keepsExpiry, nowMs);
    }

    /// <summary>Adds a field that is not there to a table.</summary>
    public void AddNew(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs) =>
        AddToTable(Heap.Hasher.Hash(field), field, value, expiryMs);

    /// <summary>Gives a field that is there an expiry or (−1) none.</summary>
    public void SetExpiry(ReadOnlySpan<byte> field, long expiryMs)
    {
        if (expiryMs >= 0) ToTable(HashValue.Count(Entry));
        if (IsListpack) return;
        ulong hash = Heap.Hasher.Hash(field);
        if (!Table.TryFind(hash, field, out TableSlot slot)) return;
        bool wasExpiring = HashField.IsExpiring(slot.Entry);
        if (expiryMs >= 0 && !wasExpiring) ReserveExpiry();
        uint index = wasExpiring ? HashField.QueueIndex(slot.Entry) : 0;
        WritePermit permit = Table.BeginWrite(hash);
        Moved(permit, slot, wasExpiring, index, HashField.SetExpiring(Heap, slot.Entry, expiryMs >= 0), expiryMs);
    }

    /// <summary>Removes a field; false when it is not there or has expired.</summary>
    public bool Remove(ReadOnlySpan<byte> field, long nowMs)
    {
        if (IsListpack)
        {
            byte* at = Listpack.Find(Listpack.First(_editor.Structure), field, 1);
            if (at == null) return false;
            _editor.Moved(Listpack.RemoveRange(Heap, _editor.Structure, ref at, 2));
            return true;
        }
        ulong hash = Heap.Hasher.Hash(field);
        if (!Table.TryFind(hash, field, out TableSlot slot) || FieldExpiryQueue.IsExpired(Queue, slot.Entry, nowMs)) return false;
        RemoveFromTable(hash, slot);
        return true;
    }

    /// <summary>Removes the field that expires first.</summary>
    public void RemoveFirstExpiring()
    {
        byte* entry = Queue->First;
        ulong hash = Heap.Hasher.Hash(HashField.Key(entry));
        if (!Table.TryFindReference(hash, entry, out TableSlot slot))
            throw new HeapCorruptionException("A field that expires is missing from its hash.");
        RemoveFromTable(hash, slot);
    }

    private void Fill(in HashTable<HashField> table)
    {
        Span<byte> fieldDigits = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> valueDigits = stackalloc byte[ListpackElement.DigitsMax];
        HashCursor fields = HashValue.Fields(Entry, HashValue.BeforeAll);
        while (fields.MoveNext())
        {
            ReadOnlySpan<byte> field = fields.Field.GetBytes(fieldDigits);
            ulong hash = Heap.Hasher.Hash(field);
            WritePermit permit = table.BeginWrite(hash);
            table.Reserve(permit, hash);
            table.Insert(permit, hash, HashField.Create(Heap, field, fields.Value.GetBytes(valueDigits), isExpiring: false));
        }
    }

    private FieldChange SetInListpack(in HashLimits limits, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        byte* pack = _editor.Structure;
        byte* at = Listpack.Find(Listpack.First(pack), field, 1);
        if (at != null)
        {
            at = Listpack.Next(at);
            _editor.Moved(Listpack.Replace(Heap, pack, ref at, value));
            return FieldChange.Changed;
        }
        if (Listpack.Count(pack) / 2 < limits.ListpackEntries)
        {
            _editor.Moved(Listpack.AppendPair(Heap, pack, field, value));
            return FieldChange.Added;
        }
        ToTable(HashValue.Count(Entry) + 1);
        AddNew(field, value, FieldExpiryQueue.Never);
        return FieldChange.Added;
    }

    private FieldChange SetInTable(
        ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs, bool keepsExpiry, long nowMs)
    {
        ulong hash = Heap.Hasher.Hash(field);
        if (!Table.TryFind(hash, field, out TableSlot slot))
        {
            AddToTable(hash, field, value, expiryMs);
            return FieldChange.Added;
        }
        byte* entry = slot.Entry;
        bool wasExpiring = HashField.IsExpiring(entry);
        uint index = wasExpiring ? HashField.QueueIndex(entry) : 0;
        long oldExpiryMs = FieldExpiryQueue.ExpiryOf(Queue, entry);
        bool hadExpired = wasExpiring && oldExpiryMs < nowMs;
        if (keepsExpiry && !hadExpired) expiryMs = oldExpiryMs;
        if (expiryMs >= 0 && !wasExpiring) ReserveExpiry();
        WritePermit permit = Table.BeginWrite(hash);
        Moved(permit, slot, wasExpiring, index, HashField.Change(Heap, entry, value, expiryMs >= 0), expiryMs);
        return hadExpired ? FieldChange.Revived : FieldChange.Changed;
    }

    private void AddToTable(ulong hash, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs)
    {
        HashTable<HashField> table = Table;
        WritePermit permit = table.BeginWrite(hash);
        table.Reserve(permit, hash);
        if (expiryMs >= 0) ReserveExpiry();
        byte* entry = HashField.Create(Heap, field, value, expiryMs >= 0);
        table.Insert(permit, hash, entry);
        if (expiryMs >= 0) Queue->Add(entry, expiryMs);
        _editor.Changed();
    }

    /// <summary>Follows a field that was changed, to where it is now and when it expires.</summary>
    private void Moved(in WritePermit permit, TableSlot slot, bool wasExpiring, uint oldIndex, byte* entry, long expiryMs)
    {
        _editor.Changed();
        if (entry != slot.Entry) Table.Replace(permit, slot, entry);
        if (wasExpiring && expiryMs >= 0) Queue->Update(oldIndex, entry, expiryMs);
        else if (wasExpiring) Queue->RemoveAt(Heap, oldIndex);
        else if (expiryMs >= 0) Queue->Add(entry, expiryMs);
    }

    private void RemoveFromTable(ulong hash, TableSlot slot)
    {
        _editor.Changed();
        HashTable<HashField> table = Table;
        WritePermit permit = table.BeginWrite(hash);
        if (HashField.IsExpiring(slot.Entry)) Queue->RemoveAt(Heap, HashField.QueueIndex(slot.Entry));
        table.Remove(permit, slot);
        Heap.Free(slot.Entry);
    }

    private void ReserveExpiry()
    {
        ref byte* attachment = ref Table.Attachment;
        if (attachment == null) attachment = (byte*)FieldExpiryQueue.Create(Heap);
        Queue->Reserve(Heap);
    }
}
