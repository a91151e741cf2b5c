using System.Runtime.CompilerServices;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Storage;

/// <summary>Receives the keys of a scan.</summary>
public interface IKeyVisitor
{
    /// <summary>Called for each key. It may remove this key from the table; no other.</summary>
    void Visit(EntryRef entry);
}

/// <summary>Where a key was found; valid until the table is written.</summary>
public readonly unsafe struct KeySlot
{
    internal readonly TableSlot Slot;

    internal KeySlot(TableSlot slot) => Slot = slot;

    /// <summary>The key's entry.</summary>
    public EntryRef Entry => new(Slot.Entry);
}

/// <summary>
/// One table of keys and its expiry index, kept in step: the face of storage for code without
/// pointers.
/// </summary>
/// <remarks>
/// The expiry index is a second hash table over the same entries: an entry with an expiry is in both,
/// and its key is stored once. Every function that can move an entry puts its new place into both.
/// Hashes some of whose fields expire are in a third table, the register of the expiry cycle: whether one belongs
/// there is in its structure, so it is put in and taken out with the entry, and told of changes by
/// <see cref="NoteFieldExpiry"/>.
/// What can fail for want of memory is done before what cannot, so that a
/// <see cref="HeapExhaustedException"/> leaves everything as it was.
/// </remarks>
public sealed unsafe partial class KeyTable
{
    private readonly Heap _heap;
    private HashTable<KeyLayout> _keys;
    private HashTable<KeyLayout> _expiring;
    private HashTable<KeyLayout> _fieldExpiring;
    private TableSampler _keySampler;
    private TableSampler _expirySampler;
    private bool _holdsSize;

    /// <summary>Makes an empty table.</summary>
    public KeyTable(Heap heap)
    {
        ArgumentNullException.ThrowIfNull(heap);
        _heap = heap;
        (_keys, _expiring, _fieldExpiring) = CreateTables(heap);
    }

    /// <summary>The number of keys.</summary>
    public long Count => _keys.Count;

    /// <summary>The number of keys with an expiry.</summary>
    public long ExpiringCount => _expiring.Count;

    /// <summary>The number of hashes some of whose fields expire.</summary>
    public long FieldExpiringCount => _fieldExpiring.Count;

    /// <summary>Where the table of keys is kept, whoever holds it.</summary>
    internal byte* KeysHeader => _keys.Header;

    /// <summary>The bytes of the tables, without the entries.</summary>
    public long UsedBytes => _keys.UsedBytes + _expiring.UsedBytes + _fieldExpiring.UsedBytes;

    /// <summary>The bytes of them that times of expiry cost, of keys and of fields.</summary>
    public long ExpiryBytes => _expiring.UsedBytes + _fieldExpiring.UsedBytes;

    /// <summary>The bytes of the tables that lead to lines.</summary>
    public long DirectoryBytes => _keys.DirectoryBytes + _expiring.DirectoryBytes + _fieldExpiring.DirectoryBytes;

    /// <summary>The bytes that one of the keys costs in tables: what they take beyond empty ones, shared out evenly.</summary>
    public long SharedBytes(EntryRef entry)
    {
        long share = _keys.BytesPerEntry;
        if (entry.HasExpiry) share += _expiring.BytesPerEntry;
        return HashValue.HasExpiring(entry) ? share + _fieldExpiring.BytesPerEntry : share;
    }

    /// <summary>The heap of the table.</summary>
    public Heap Heap => _heap;

    /// <summary>What the table of keys consists of.</summary>
    public HashTableStatistics GetKeyStatistics() => _keys.GetStatistics();

    /// <summary>What the expiry index consists of.</summary>
    public HashTableStatistics GetExpiryStatistics() => _expiring.GetStatistics();

    /// <summary>The hash of a key, which every other function wants.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Hash(ReadOnlySpan<byte> key) => _heap.Hasher.Hash(key);

    /// <inheritdoc cref="HashTable{TLayout}.PrefetchLine"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchLine(ulong hash) => _keys.PrefetchLine(hash);

    /// <inheritdoc cref="HashTable{TLayout}.PrefetchEntry"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchEntry(ulong hash) => _keys.PrefetchEntry(hash);

    /// <summary>Fetches the start of the structure that the value of a key probably is, whose entry was fetched before.</summary>
    public void PrefetchStructure(ulong hash)
    {
        byte* entry = _keys.Candidate(hash);
        if (entry == null || EntryHeader.Form(entry) != ValueForm.Structure)
            return;
        byte* structure = EntryHeader.Pointer(entry);
        Prefetch.Line(structure);
        Prefetch.Line(structure + TableLine.Bytes);
    }

    /// <summary>
    /// Fetches the line of an element in the table that the value of a key has if it is large, and returns the element's
    /// hash; 0 when it has none. The start of its structure was fetched before.
    /// </summary>
    public ulong PrefetchElementLine(ulong hash, ReadOnlySpan<byte> element)
    {
        if (!TryGetElements(hash, out HashTable<KeyLayout> elements)) return 0;
        ulong elementHash = Hash(element);
        elements.PrefetchLine(elementHash);
        return elementHash;
    }

    /// <summary>Fetches the element that a lookup in that table will compare first.</summary>
    public void PrefetchElement(ulong hash, ulong elementHash)
    {
        if (TryGetElements(hash, out HashTable<KeyLayout> elements)) elements.PrefetchEntry(elementHash);
    }

    /// <summary>The table of a large set, hash or sorted set, of which only lines are looked at.</summary>
    private bool TryGetElements(ulong hash, out HashTable<KeyLayout> elements)
    {
        elements = default;
        byte* entry = _keys.Candidate(hash);
        if (entry == null || EntryHeader.Form(entry) != ValueForm.Structure) return false;
        EntryRef value = new(entry);
        if (value.Encoding is not (EntryEncoding.HashTable or EntryEncoding.SkipList)) return false;
        byte* header = value.Structure;
        if (value.Encoding == EntryEncoding.SkipList) header = ((SortedSetHeader*)header)->Table;
        elements = HashTable<KeyLayout>.FromHeader(_heap, header);
        return true;
    }

    /// <summary>Fetches the line that the expiry index has for a hash: for a write that adds, drops or moves an expiring key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchExpiryLine(ulong hash) => _expiring.PrefetchLine(hash);

    /// <summary>The entry of a key; null when there is none. Expiry is not looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryRef Find(ulong hash, ReadOnlySpan<byte> key) => new(_keys.Find(hash, key));

    /// <summary>Finds the place of a key.</summary>
    public bool TryFind(ulong hash, ReadOnlySpan<byte> key, out KeySlot slot)
    {
        bool found = _keys.TryFind(hash, key, out TableSlot place);
        slot = new KeySlot(place);
        return found;
    }

    /// <summary>Announces a write to what the hash leads to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WritePermit BeginWrite(ulong hash) => _keys.BeginWrite(hash);

    /// <summary>Makes room for keys that are about to come while the table is empty, as far as memory allows; does nothing otherwise.</summary>
    public void Expect(long keys, long expiring)
    {
        _keys.Expect(keys);
        _expiring.Expect(expiring);
    }

    /// <summary>Adds a key that is absent, with a string.</summary>
    public EntryRef AddString(
        in WritePermit permit, ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, EntryEncoding encoding, long expiryMs = KeyEntry.NoExpiry)
    {
        Reserve(permit, hash, expiryMs);
        return Add(permit, hash, StringEntry.Create(_heap, key, value, encoding, expiryMs));
    }

    /// <summary>Adds a key that is absent, with a string that was made on its own; it is discarded when that fails.</summary>
    public EntryRef AddString(
        in WritePermit permit, ulong hash, ReadOnlySpan<byte> key, DetachedString value, EntryEncoding encoding, long expiryMs)
    {
        try
        {
            Reserve(permit, hash, expiryMs);
        }
        catch (HeapExhaustedException)
        {
            value.Discard();
            throw;
        }
        return Add(permit, hash, StringEntry.Create(_heap, key, value, encoding, expiryMs));
    }

    /// <summary>Adds a key that is absent, with an integer.</summary>
    public EntryRef AddInteger(in WritePermit permit, ulong hash, ReadOnlySpan<byte> key, long value, long expiryMs = KeyEntry.NoExpiry)
    {
        Reserve(permit, hash, expiryMs);
        return Add(permit, hash, StringEntry.CreateInteger(_heap, key, value, expiryMs));
    }

    /// <summary>Adds an entry that was made on its own and whose key is absent; it is freed when that fails.</summary>
    public EntryRef Attach(in WritePermit permit, ulong hash, EntryRef entry)
    {
        try
        {
            Reserve(permit, hash, entry);
        }
        catch (HeapExhaustedException)
        {
            KeyEntry.Free(_heap, entry.Block);
            throw;
        }
        return Add(permit, hash, entry.Block);
    }

    /// <summary>Makes a string the value of a key that holds one.</summary>
    public EntryRef SetString(
        in WritePermit permit, ulong hash, KeySlot slot, ReadOnlySpan<byte> value, EntryEncoding encoding, long expiryMs)
    {
        bool wasExpiring = ReserveExpiry(slot, hash, expiryMs);
        return Moved(permit, hash, slot, wasExpiring, StringEntry.SetString(_heap, permit, slot.Slot.Entry, value, encoding, expiryMs));
    }

    /// <summary>Makes a string that was made on its own the value of a key that holds a string; it is discarded when that fails.</summary>
    public EntryRef SetString(
        in WritePermit permit, ulong hash, KeySlot slot, DetachedString value, EntryEncoding encoding, long expiryMs)
    {
        bool wasExpiring;
        try
        {
            wasExpiring = ReserveExpiry(slot, hash, expiryMs);
        }
        catch (HeapExhaustedException)
        {
            value.Discard();
            throw;
        }
        return Moved(permit, hash, slot, wasExpiring, StringEntry.SetString(_heap, permit, slot.Slot.Entry, value, encoding, expiryMs));
    }

    /// <summary>Makes an integer the value of a key that holds a string.</summary>
    public EntryRef SetInteger(in WritePermit permit, ulong hash, KeySlot slot, long value, long expiryMs)
    {
        bool wasExpiring = ReserveExpiry(slot, hash, expiryMs);
        return Moved(permit, hash, slot, wasExpiring, StringEntry.SetInteger(_heap, permit, slot.Slot.Entry, value, expiryMs));
    }

    /// <summary>Gives a key an expiry time, another one, or none (-1).</summary>
    public EntryRef SetExpiry(in WritePermit permit, ulong hash, KeySlot slot, long expiryMs)
    {
        bool wasExpiring = ReserveExpiry(slot, hash, expiryMs);
        return Moved(permit, hash, slot, wasExpiring, KeyEntry.SetExpiry(_heap, permit, slot.Slot.Entry, expiryMs));
    }

    /// <summary>Adds bytes at the end of a key's string.</summary>
    public EntryRef Append(in WritePermit permit, ulong hash, KeySlot slot, ReadOnlySpan<byte> bytes) =>
        Moved(permit, hash, slot, slot.Entry.HasExpiry, StringEntry.Append(_heap, permit, slot.Slot.Entry, bytes));

    /// <summary>
    /// The bytes of a key's string to write into: at least that many, new ones zero. Only those of a range are written.
    /// </summary>
    public Span<byte> OpenBytes(scoped in WritePermit permit, ulong hash, KeySlot slot, long length, long from, long to, out EntryRef entry)
    {
        entry = Moved(
            permit, hash, slot, slot.Entry.HasExpiry, StringEntry.EnsureLength(_heap, permit, slot.Slot.Entry, length));
        StringEntry.BeforeWrite(_heap, entry.Block, from, to);
        return StringEntry.WritableBytes(entry.Block);
    }

    /// <summary>
    /// Gives a value another key, which must be absent. The permit is for the old key's hash;
    /// one for the new key's is asked for here. The value is the same, though it may be said to have another encoding.
    /// </summary>
    public EntryRef Rename(
        in WritePermit permit, ulong hash, KeySlot slot, ulong newHash, ReadOnlySpan<byte> newKey, EntryEncoding? encoding = null)
    {
        WritePermit target = _keys.BeginWrite(newHash);
        Reserve(target, newHash, slot.Entry);
        // Reserving may have moved the entry within its line's chain.
        if (!_keys.TryFindReference(hash, slot.Slot.Entry, out TableSlot place))
            throw new InvalidOperationException("The slot is not of this table.");
        bool expiring = slot.Entry.HasExpiry;
        byte* fresh = KeyEntry.Renamed(_heap, permit, place.Entry, newKey, encoding ?? slot.Entry.Encoding);
        RemoveFieldExpiry(hash, place.Entry);
        _keys.Remove(permit, place);
        if (expiring)
            RemoveExpiry(hash, place.Entry);
        _heap.Free(place.Entry);
        return Add(target, newHash, fresh);
    }

    /// <summary>Takes a key out and frees it with its value.</summary>
    public void Remove(in WritePermit permit, ulong hash, KeySlot slot)
    {
        EntryRef entry = Detach(permit, hash, slot);
        KeyEntry.Free(_heap, entry.Block);
    }

    /// <summary>Takes a key out without freeing it: the entry now belongs to the caller.</summary>
    public EntryRef Detach(in WritePermit permit, ulong hash, KeySlot slot)
    {
        byte* entry = slot.Slot.Entry;
        if (EntryHeader.HasExpiry(entry))
            RemoveExpiry(hash, entry);
        RemoveFieldExpiry(hash, entry);
        _keys.Remove(permit, slot.Slot);
        return slot.Entry;
    }

    /// <summary>Takes a key over from another table of the same heap; it must be absent here. The permit is the other table's.</summary>
    public EntryRef TakeFrom(KeyTable other, in WritePermit permit, ulong hash, KeySlot slot)
    {
        ArgumentNullException.ThrowIfNull(other);
        WritePermit target = _keys.BeginWrite(hash);
        Reserve(target, hash, slot.Entry);
        return Add(target, hash, other.Detach(permit, hash, slot).Block);
    }

    /// <inheritdoc cref="HashTable{TLayout}.Scan"/>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor) where TVisitor : struct, IKeyVisitor =>
        ScanTable(_keys, cursor, ref visitor);

    /// <summary>Fetches the lines that the next steps of a scan will visit.</summary>
    public void PrefetchScan(ulong cursor, int steps) => _keys.PrefetchScan(cursor, steps);

    /// <summary>As <see cref="Scan"/>, over the keys with an expiry.</summary>
    public ulong ScanExpiring<TVisitor>(ulong cursor, ref TVisitor visitor) where TVisitor : struct, IKeyVisitor =>
        ScanTable(_expiring, cursor, ref visitor);

    /// <summary>As <see cref="Scan"/>, over the hashes some of whose fields expire.</summary>
    public ulong ScanFieldExpiring<TVisitor>(ulong cursor, ref TVisitor visitor) where TVisitor : struct, IKeyVisitor =>
        ScanTable(_fieldExpiring, cursor, ref visitor);

    /// <summary>Makes sure that <see cref="NoteFieldExpiry"/> of a key cannot fail.</summary>
    public void ReserveFieldExpiry(ulong hash) => _fieldExpiring.Reserve(_fieldExpiring.BeginWrite(hash), hash);

    /// <summary>Notes whether fields of a hash expire, after they were changed.</summary>
    public void NoteFieldExpiry(ulong hash, EntryRef entry)
    {
        bool expires = HashValue.HasExpiring(entry);
        if (!expires)
            RemoveFieldExpiry(hash, entry.Block);
        else if (!FieldExpiryRegister.Holds(entry.Block))
            AddFieldExpiry(hash, entry.Block);
    }

    /// <summary>A random key, every one equally likely; null when there is none.</summary>
    public EntryRef RandomKey(ref RandomSource random) => new(_keys.FairRandom(ref random));

    /// <summary>A random key with an expiry; null when there is none.</summary>
    public EntryRef RandomExpiringKey(ref RandomSource random) => new(_expiring.FairRandom(ref random));

    /// <summary>Visits some keys that chance chooses: at most so many, at least one if there is any.</summary>
    /// <param name="onlyExpiring">Whether only of those with an expiry.</param>
    /// <param name="max">How many at most.</param>
    /// <param name="random">Chance.</param>
    /// <param name="visitor">Gets them; it leaves the table as it is.</param>
    public void Sample<TVisitor>(bool onlyExpiring, int max, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IKeyVisitor
    {
        KeyVisitor<TVisitor> inner = new() { Visitor = visitor };
        if (onlyExpiring)
            _expiring.Sample(ref _expirySampler, max, ref random, ref inner);
        else
            _keys.Sample(ref _keySampler, max, ref random, ref inner);
        visitor = inner.Visitor;
    }

    /// <summary>Whether the table has this very entry, which need not exist any more, under that hash.</summary>
    public bool Holds(ulong hash, EntryRef entry) => _keys.TryFindReference(hash, entry.Block, out _);

    /// <summary>Gives back lines of tables that have become sparse; whether more remain.</summary>
    public bool ShrinkStep(int maxLines) =>
        _keys.ShrinkStep(maxLines) | _expiring.ShrinkStep(maxLines) | _fieldExpiring.ShrinkStep(maxLines);

    /// <summary>Frees the tables of an empty table of keys, which must not be used any more.</summary>
    public void Destroy()
    {
        if (Count != 0)
            throw new InvalidOperationException("The table still holds keys.");
        _keys.Destroy();
        _expiring.Destroy();
        _fieldExpiring.Destroy();
    }

    /// <summary>Empties the table at once; what it held is freed by whoever gets the result, on any thread.</summary>
    public RetiredKeys Retire()
    {
        RetiredKeys retired = new(_heap, _keys, _expiring, _fieldExpiring);
        (_keys, _expiring, _fieldExpiring) = CreateTables(_heap);
        if (_holdsSize)
            HoldSize(true);
        return retired;
    }

    /// <summary>Keeps the tables, these and those after <see cref="Retire"/>, from growing and shrinking, or lets them.</summary>
    public void HoldSize(bool holds)
    {
        _holdsSize = holds;
        _keys.HoldSize(holds);
        _expiring.HoldSize(holds);
        _fieldExpiring.HoldSize(holds);
    }

    private static (HashTable<KeyLayout> Keys, HashTable<KeyLayout> Expiring, HashTable<KeyLayout> FieldExpiring) CreateTables(Heap heap)
    {
        HashTable<KeyLayout> keys = default, expiring = default;
        try
        {
            keys = HashTable<KeyLayout>.Create(heap);
            expiring = HashTable<KeyLayout>.Create(heap);
            return (keys, expiring, HashTable<KeyLayout>.Create(heap));
        }
        catch (HeapExhaustedException)
        {
            if (keys.Header != null)
                keys.Destroy();
            if (expiring.Header != null)
                expiring.Destroy();
            throw;
        }
    }

    private static ulong ScanTable<TVisitor>(HashTable<KeyLayout> table, ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, IKeyVisitor
    {
        KeyVisitor<TVisitor> inner = new() { Visitor = visitor };
        cursor = table.Scan(cursor, ref inner);
        visitor = inner.Visitor;
        return cursor;
    }

    private void Reserve(in WritePermit permit, ulong hash, long expiryMs)
    {
        _keys.Reserve(permit, hash);
        if (expiryMs != KeyEntry.NoExpiry)
            _expiring.Reserve(_expiring.BeginWrite(hash), hash);
    }

    private void Reserve(in WritePermit permit, ulong hash, EntryRef entry)
    {
        Reserve(permit, hash, entry.ExpiryMs);
        if (HashValue.HasExpiring(entry))
            ReserveFieldExpiry(hash);
    }

    private EntryRef Add(in WritePermit permit, ulong hash, byte* entry)
    {
        _keys.Insert(permit, hash, entry);
        if (EntryHeader.HasExpiry(entry))
            _expiring.Insert(_expiring.BeginWrite(hash), hash, entry);
        if (HashValue.HasExpiring(new EntryRef(entry)))
            AddFieldExpiry(hash, entry);
        return new EntryRef(entry);
    }

    /// <summary>Makes sure that the expiry index can take the entry; whether it has it already.</summary>
    private bool ReserveExpiry(KeySlot slot, ulong hash, long expiryMs)
    {
        bool wasExpiring = slot.Entry.HasExpiry;
        if (!wasExpiring && expiryMs != KeyEntry.NoExpiry)
            _expiring.Reserve(_expiring.BeginWrite(hash), hash);
        return wasExpiring;
    }

    private EntryRef Moved(in WritePermit permit, ulong hash, KeySlot slot, bool wasExpiring, byte* entry)
    {
        byte* old = slot.Slot.Entry;
        if (entry != old)
        {
            _keys.Replace(permit, slot.Slot, entry);
            if (FieldExpiryRegister.Holds(entry))
                _fieldExpiring.Replace(_fieldExpiring.BeginWrite(hash), FindFieldExpiry(hash, old), entry);
        }
        bool isExpiring = EntryHeader.HasExpiry(entry);
        if (wasExpiring && !isExpiring)
            RemoveExpiry(hash, old);
        else if (isExpiring && !wasExpiring)
            _expiring.Insert(_expiring.BeginWrite(hash), hash, entry);
        else if (isExpiring && entry != old)
            _expiring.Replace(_expiring.BeginWrite(hash), FindExpiry(hash, old), entry);
        return new EntryRef(entry);
    }

    private void RemoveExpiry(ulong hash, byte* entry) =>
        _expiring.Remove(_expiring.BeginWrite(hash), FindExpiry(hash, entry));

    private TableSlot FindExpiry(ulong hash, byte* entry) =>
        _expiring.TryFindReference(hash, entry, out TableSlot slot)
            ? slot
            : throw new HeapCorruptionException("An entry with an expiry is missing from the expiry index.");

    private void AddFieldExpiry(ulong hash, byte* entry)
    {
        _fieldExpiring.Insert(_fieldExpiring.BeginWrite(hash), hash, entry);
        FieldExpiryRegister.Enter(entry);
    }

    private void RemoveFieldExpiry(ulong hash, byte* entry)
    {
        if (!FieldExpiryRegister.Holds(entry))
            return;
        _fieldExpiring.Remove(_fieldExpiring.BeginWrite(hash), FindFieldExpiry(hash, entry));
        FieldExpiryRegister.Leave(entry);
    }

    private TableSlot FindFieldExpiry(ulong hash, byte* entry) =>
        _fieldExpiring.TryFindReference(hash, entry, out TableSlot slot)
            ? slot
            : throw new HeapCorruptionException("A hash with fields that expire is missing from their register.");

    private struct KeyVisitor<TVisitor> : IEntryVisitor where TVisitor : struct, IKeyVisitor
    {
        public TVisitor Visitor;

        public void Visit(byte* entry) => Visitor.Visit(new EntryRef(entry));
    }
}
