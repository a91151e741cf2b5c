namespace Sigrun.Storage.Structures.Hashes;

/// <summary>Receives the fields of a scan.</summary>
public interface IFieldVisitor
{
    /// <summary>Called for each field that has not expired; it must not write.</summary>
    void Visit(in HashFieldRef field);
}

/// <summary>Hashes as those who read them see them: few short fields in a listpack, all others in a table.</summary>
/// <remarks>
/// <para>The entry's structure is a listpack of fields and values in turn, or the header of a table whose entries are
/// <see cref="HashField"/>s. Only a table can hold fields that expire; their times hang at the header, in a
/// <see cref="FieldExpiryQueue"/>. An expired field is in the table until somebody removes it, and seen by nobody who
/// says what time it is.</para>
/// <para><see cref="HashEditor"/> changes hashes.</para>
/// </remarks>
public static unsafe class HashValue
{
    /// <summary>A time before which no field expires: who says so sees all fields.</summary>
    public const long BeforeAll = -1;

    private const int RandomTries = 100;

    /// <summary>An empty hash in an entry that no table holds yet.</summary>
    public static EntryRef NewEntry(Heap heap, ReadOnlySpan<byte> key, long expiryMs) =>
        DetachedEntry.OfStructure(heap, key, EntryType.Hash, EntryEncoding.ListPack, Listpack.Create(heap), expiryMs);

    /// <summary>An empty hash in a table for so many fields.</summary>
    public static EntryRef NewTable(Heap heap, ReadOnlySpan<byte> key, long expiryMs, long expected) =>
        DetachedEntry.OfStructure(
            heap, key, EntryType.Hash, EntryEncoding.HashTable, HashTable<HashField>.Create(heap, expected).Header, expiryMs);

    /// <summary>A hash of the checked bytes of a listpack.</summary>
    public static EntryRef NewEntry(Heap heap, ReadOnlySpan<byte> key, long expiryMs, ReadOnlySpan<byte> listpack) =>
        DetachedEntry.OfStructure(
            heap, key, EntryType.Hash, EntryEncoding.ListPack, Listpack.CopyOf(heap, listpack), expiryMs);

    /// <summary>How many fields there are, expired ones that are still there included.</summary>
    public static long Count(EntryRef hash) => hash.Encoding == EntryEncoding.HashTable
        ? ((TableHeader*)hash.Structure)->Count
        : Listpack.Count(hash.Structure) / 2;

    /// <summary>Whether the value is a hash of which any field expires.</summary>
    public static bool HasExpiring(EntryRef hash) =>
        hash.Type == EntryType.Hash && hash.Encoding == EntryEncoding.HashTable && Queue(hash.Structure) is var queue && queue != null && queue->Count > 0;

    /// <summary>The fields that have not expired.</summary>
    public static HashCursor Fields(EntryRef hash, long nowMs) => new(hash, nowMs);

    /// <summary>The bytes of a listpack; nothing for a table.</summary>
    public static ReadOnlySpan<byte> PackedBytes(EntryRef hash) =>
        hash.Encoding == EntryEncoding.HashTable ? default : Listpack.Bytes(hash.Structure);

    /// <summary>Finds a field that has not expired.</summary>
    public static bool TryGet(Heap heap, EntryRef hash, ReadOnlySpan<byte> field, long nowMs, out HashFieldRef found)
    {
        if (hash.Encoding == EntryEncoding.HashTable)
        {
            byte* entry = Table(heap, hash).Find(heap.Hasher.Hash(field), field);
            FieldExpiryQueue* queue = Queue(hash.Structure);
            bool isThere = entry != null && !FieldExpiryQueue.IsExpired(queue, entry, nowMs);
            found = isThere ? Of(queue, entry) : default;
            return isThere;
        }
        byte* at = Listpack.Find(Listpack.First(hash.Structure), field, 1);
        found = at == null ? default : new HashFieldRef(Listpack.Get(at), Listpack.Get(Listpack.Next(at)), FieldExpiryQueue.Never);
        return at != null;
    }

    /// <summary>A random field, each equally likely; false when only expired ones were met.</summary>
    public static bool TryChoose(Heap heap, EntryRef hash, long nowMs, ref RandomSource random, out HashFieldRef found)
    {
        if (hash.Encoding != EntryEncoding.HashTable)
        {
            byte* pack = hash.Structure;
            byte* at = Listpack.At(pack, 2L * random.NextInt(Listpack.Count(pack) / 2));
            found = new HashFieldRef(Listpack.Get(at), Listpack.Get(Listpack.Next(at)), FieldExpiryQueue.Never);
            return true;
        }
        HashTable<HashField> table = Table(heap, hash);
        FieldExpiryQueue* queue = Queue(hash.Structure);
        for (int tries = 0; tries < RandomTries; tries++)
        {
            byte* entry = table.FairRandom(ref random);
            if (FieldExpiryQueue.IsExpired(queue, entry, nowMs)) continue;
            found = Of(queue, entry);
            return true;
        }
        found = default;
        return false;
    }

    /// <summary>Visits the fields of one place of a table, or all of a listpack at once; returns the next cursor.</summary>
    public static ulong Scan<TVisitor>(Heap heap, EntryRef hash, ulong cursor, long nowMs, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor
    {
        if (hash.Encoding == EntryEncoding.HashTable)
        {
            var inner = new EntryVisitor<TVisitor> { Visitor = visitor, NowMs = nowMs, Queue = Queue(hash.Structure) };
            cursor = Table(heap, hash).Scan(cursor, ref inner);
            visitor = inner.Visitor;
            return cursor;
        }
        HashCursor fields = Fields(hash, nowMs);
        while (fields.MoveNext()) visitor.Visit(new HashFieldRef(fields.Field, fields.Value, FieldExpiryQueue.Never));
        return 0;
    }

    /// <summary>The field that expires first; false when it has not expired yet, or none expires.</summary>
    public static bool TryGetDue(EntryRef hash, long nowMs, out HashFieldRef due)
    {
        due = default;
        if (!HasExpiring(hash)) return false;
        FieldExpiryQueue* queue = Queue(hash.Structure);
        if (queue->FirstTime >= nowMs) return false;
        due = Of(queue, queue->First);
        return true;
    }

    /// <summary>The bytes that the structure takes, from as many fields as samples.</summary>
    public static long UsedBytes(Heap heap, EntryRef hash, long samples)
    {
        if (hash.Encoding != EntryEncoding.HashTable) return (long)heap.UsableSize(hash.Structure);
        HashTable<HashField> table = Table(heap, hash);
        FieldExpiryQueue* queue = Queue(hash.Structure);
        return table.UsedBytes + TableFigures.EntryBytes(heap, (TableHeader*)table.Header, samples)
            + (queue == null ? 0 : queue->UsedBytes(heap));
    }

    /// <summary>Makes an entry for another key with the same fields in the same encoding.</summary>
    public static EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs)
    {
        if (source.Encoding != EntryEncoding.HashTable) return NewEntry(heap, key, expiryMs, PackedBytes(source));
        EntryRef copy = NewTable(heap, key, expiryMs, Count(source));
        try
        {
            HashEditor editor = new(StructureEditor.ForDetached(heap, copy));
            HashCursor fields = Fields(source, BeforeAll);
            while (fields.MoveNext()) editor.AddNew(fields.Field.Bytes, fields.Value.Bytes, fields.ExpiryMs);
            return copy;
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, copy);
            throw;
        }
    }

    internal static HashTable<HashField> Table(Heap heap, EntryRef hash) => HashTable<HashField>.FromHeader(heap, hash.Structure);

    /// <summary>The queue of a table; null when no field expires.</summary>
    internal static FieldExpiryQueue* Queue(byte* structure) => (FieldExpiryQueue*)((TableHeader*)structure)->Attachment;

    /// <summary>Frees a table with its fields.</summary>
    internal static void FreeTable<TFreer>(in TFreer freer, byte* structure) where TFreer : struct, IBlockFreer
    {
        TableIterator fields = new((TableHeader*)structure);
        while (fields.MoveNext()) freer.Free(fields.Current);
        if (Queue(structure) != null) FieldExpiryQueue.Free(freer, Queue(structure));
        HashTable<HashField>.FromHeader(freer.Heap, structure).Destroy(freer);
    }

    private static HashFieldRef Of(FieldExpiryQueue* queue, byte* entry) =>
        new(HashField.Field(entry), HashField.Value(entry), FieldExpiryQueue.ExpiryOf(queue, entry));

    private struct EntryVisitor<TVisitor> : IEntryVisitor where TVisitor : struct, IFieldVisitor
    {
        public TVisitor Visitor;
        public long NowMs;
        public FieldExpiryQueue* Queue;

        public void Visit(byte* entry)
        {
            if (!FieldExpiryQueue.IsExpired(Queue, entry, NowMs)) Visitor.Visit(Of(Queue, entry));
        }
    }
}
