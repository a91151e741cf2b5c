using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Types.Hashes;

/// <summary>What the rest of the engine knows about hashes.</summary>
/// <remarks>
/// Saved and copied are all fields, expired ones that are still there included: their time goes with them. A hash some
/// of whose fields expire has a form of its own.
/// </remarks>
internal sealed class HashType : ValueType
{
    /// <inheritdoc/>
    public override EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs) =>
        HashValue.Copy(source, heap, key, expiryMs);

    /// <inheritdoc/>
    public override void Digest(EntryRef entry, ref DatasetDigest digest)
    {
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> bytes = stackalloc byte[DatasetDigest.Length];
        HashCursor fields = HashValue.Fields(entry, digest.NowMs);
        while (fields.MoveNext())
        {
            bytes.Clear();
            var pair = new DatasetDigest(bytes);
            pair.Mix(fields.Field.GetBytes(digits));
            pair.Mix(fields.Value.GetBytes(digits));
            digest.Add(bytes);
        }
    }

    /// <inheritdoc/>
    public override RdbType SavedAs(EntryRef entry, int version) =>
        entry.Encoding == EntryEncoding.ListPack ? RdbType.HashListpack
        : HashValue.HasExpiring(entry) ? RdbType.Hash2
        : RdbType.Hash;

    /// <inheritdoc/>
    public override void Save(EntryRef entry, RdbWriter writer)
    {
        if (entry.Encoding == EntryEncoding.ListPack)
        {
            writer.WriteString(HashValue.PackedBytes(entry));
            return;
        }
        bool expires = HashValue.HasExpiring(entry);
        writer.WriteLength((ulong)HashValue.Count(entry));
        HashCursor fields = HashValue.Fields(entry, HashValue.BeforeAll);
        while (fields.MoveNext())
        {
            writer.WriteString(fields.Field.Bytes);
            writer.WriteString(fields.Value.Bytes);
            if (expires) writer.WriteUInt64((ulong)fields.ExpiryMs);
        }
    }

    /// <inheritdoc/>
    public override void SaveAsCommands(EntryRef entry, CommandWriter writer)
    {
        long lasting = HashValue.Count(entry);
        if (HashValue.HasExpiring(entry)) lasting -= SaveExpiringAsCommands(entry, writer);
        var commands = new ElementCommands(writer, "HMSET"u8, entry.Key, lasting, 2);
        HashCursor fields = HashValue.Fields(entry, HashValue.BeforeAll);
        while (fields.MoveNext())
        {
            if (fields.ExpiryMs >= 0) continue;
            commands.Next();
            writer.Add(fields.Field).Add(fields.Value);
        }
    }

    /// <inheritdoc/>
    public override void Load(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        switch (form)
        {
            case RdbType.HashListpack:
                LoadListpack(reader.ReadPacked(), ref target);
                break;
            case RdbType.HashZiplist:
                LoadZiplist(reader.ReadPacked(), ref target);
                break;
            case RdbType.HashZipmap:
                LoadZipmap(reader.ReadPacked(), ref target);
                break;
            case RdbType.ForeignHashPreRelease or RdbType.ForeignHash:
                ForeignHashLoader.LoadFields(form, ref reader, ref target);
                break;
            case RdbType.ForeignHashListpackPreRelease or RdbType.ForeignHashListpack:
                ForeignHashLoader.LoadListpack(form, ref reader, ref target);
                break;
            default:
                LoadFields(ref reader, ref target, hasExpiry: form == RdbType.Hash2);
                break;
        }
    }

    /// <inheritdoc/>
    public override long UsedBytes(EntryRef entry, Heap heap, long samples) =>
        entry.UsedBytes(heap) + HashValue.UsedBytes(heap, entry, samples);

    private static long SaveExpiringAsCommands(EntryRef entry, CommandWriter writer)
    {
        long count = 0;
        HashCursor fields = HashValue.Fields(entry, HashValue.BeforeAll);
        while (fields.MoveNext())
        {
            if (fields.ExpiryMs < 0) continue;
            writer.Begin(8).Add("HSETEX"u8).Add(entry.Key).Add("PXAT"u8).Add(fields.ExpiryMs);
            writer.Add("FIELDS"u8).Add(1).Add(fields.Field).Add(fields.Value);
            count++;
        }
        return count;
    }

    private static void LoadListpack(ReadOnlySpan<byte> bytes, ref LoadTarget target)
    {
        bool isValid = ListpackCheck.IsValid(bytes, deep: true, out int count) && count % 2 == 0
            && !ListpackDuplicates.Any(target.Heap, bytes, 2);
        if (!isValid) throw new RdbFormatException("Hash listpack integrity check failed.");
        if (count == 0) throw Empty();
        target.Entry = HashValue.NewEntry(target.Heap, target.Key, target.ExpiryMs, bytes);
        if (count / 2 > target.Settings.Types.HashMaxListpackEntries) Editor(target).ToTable(count / 2);
    }

    private static void LoadZiplist(ReadOnlySpan<byte> bytes, ref LoadTarget target)
    {
        Span<byte> fieldDigits = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> valueDigits = stackalloc byte[ListpackElement.DigitsMax];
        var elements = new ZiplistReader(bytes);
        target.Entry = HashValue.NewEntry(target.Heap, target.Key, target.ExpiryMs);
        // As many as may be: only their number, not their length, makes a ziplist's fields leave for a table.
        HashLimits limits = new(target.Settings.Types.HashMaxListpackEntries, long.MaxValue);
        while (elements.MoveNext())
        {
            ReadOnlySpan<byte> field = elements.GetBytes(fieldDigits);
            if (!elements.MoveNext()) throw new RdbFormatException("Hash ziplist integrity check failed.");
            if (!TryAddNew(target, limits, field, elements.GetBytes(valueDigits))) throw new RdbFormatException("Hash ziplist integrity check failed.");
        }
        if (elements.IsDamaged) throw new RdbFormatException("Hash ziplist integrity check failed.");
        if (HashValue.Count(target.Entry) == 0) throw Empty();
    }

    private static void LoadZipmap(ReadOnlySpan<byte> bytes, ref LoadTarget target)
    {
        var pairs = new ZipmapReader(bytes);
        target.Entry = HashValue.NewEntry(target.Heap, target.Key, target.ExpiryMs);
        HashLimits limits = target.Settings.Types.HashLimits;
        while (pairs.MoveNext())
        {
            if (TryAddNew(target, limits, pairs.Field, pairs.Value)) continue;
            throw new RdbFormatException($"Hash zipmap with dup elements, or big length ({pairs.Field.Length})");
        }
        if (pairs.IsDamaged || HashValue.Count(target.Entry) == 0) throw new RdbFormatException("Zipmap integrity check failed.");
    }

    private static void LoadFields(ref RdbReader reader, ref LoadTarget target, bool hasExpiry)
    {
        ulong count = reader.ReadLength();
        // A field and its value take at least two bytes.
        if (count == 0) throw Empty();
        if (count > (ulong)reader.Remaining / 2) throw new RdbFormatException("A hash cannot have that many fields.");
        HashLimits limits = target.Settings.Types.HashLimits;
        bool isTable = hasExpiry || (long)count > limits.ListpackEntries;
        target.Entry = isTable
            ? HashValue.NewTable(target.Heap, target.Key, target.ExpiryMs, (long)count)
            : HashValue.NewEntry(target.Heap, target.Key, target.ExpiryMs);
        for (; count > 0; count--)
        {
            ReadOnlySpan<byte> field = reader.ReadString();
            ReadOnlySpan<byte> value = reader.ReadSecondString();
            long expiryMs = hasExpiry ? reader.ReadInt64() : HashValue.BeforeAll;
            if (expiryMs < HashValue.BeforeAll) throw new RdbFormatException("A field expires before all times.");
            if (isTable) AddNew(target, limits, field, value, expiryMs);
            else if (!TryAddNew(target, limits, field, value)) throw new RdbFormatException("Hash with dup elements");
        }
        EndFields(ref target);
    }

    /// <summary>A hash none of whose fields is left is none.</summary>
    internal static void EndFields(ref LoadTarget target)
    {
        if (HashValue.Count(target.Entry) > 0) return;
        target.IsSpent = true;
        target.Discard();
    }

    internal static RdbEmptyException Empty() => new("A hash is empty.");

    /// <summary>Adds a field unless it has expired and the target has no use for such.</summary>
    internal static void AddNew(
        in LoadTarget target, in HashLimits limits, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs = HashValue.BeforeAll)
    {
        if (expiryMs >= 0 && target.DropsExpired && expiryMs < target.NowMs) return;
        if (!TryAddNew(target, limits, field, value, expiryMs)) throw new RdbFormatException("Duplicate hash fields detected");
    }

    /// <summary>Adds a field; false when it is there already.</summary>
    private static bool TryAddNew(
        in LoadTarget target, in HashLimits limits, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs = HashValue.BeforeAll) =>
        Editor(target).Set(limits, field, value, expiryMs, keepsExpiry: false, HashValue.BeforeAll) == FieldChange.Added;

    private static HashEditor Editor(in LoadTarget target) => new(StructureEditor.ForDetached(target.Heap, target.Entry));
}
