using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Types.Sets;

/// <summary>What the rest of the engine knows about sets.</summary>
internal sealed class SetType : ValueType
{
    /// <inheritdoc/>
    public override EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs) =>
        SetValue.Copy(source, heap, key, expiryMs);

    /// <inheritdoc/>
    public override void Digest(EntryRef entry, ref DatasetDigest digest)
    {
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        foreach (ListpackElement member in SetValue.Members(entry)) digest.Add(member.GetBytes(digits));
    }

    /// <inheritdoc/>
    public override RdbType SavedAs(EntryRef entry, int version) => entry.Encoding switch
    {
        EntryEncoding.IntSet => RdbType.SetIntset,
        EntryEncoding.ListPack when version >= RdbFormat.LegacyVersion => RdbType.SetListpack,
        _ => RdbType.Set,
    };

    /// <inheritdoc/>
    public override void Save(EntryRef entry, RdbWriter writer)
    {
        if (SavedAs(entry, writer.Version) != RdbType.Set)
        {
            writer.WriteString(SetValue.PackedBytes(entry));
            return;
        }
        writer.WriteLength((ulong)SetValue.Count(entry));
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        foreach (ListpackElement member in SetValue.Members(entry)) writer.WriteString(member.GetBytes(digits));
    }

    /// <inheritdoc/>
    public override void SaveAsCommands(EntryRef entry, CommandWriter writer)
    {
        var commands = new ElementCommands(writer, "SADD"u8, entry.Key, SetValue.Count(entry), 1);
        foreach (ListpackElement member in SetValue.Members(entry))
        {
            commands.Next();
            writer.Add(member);
        }
    }

    /// <inheritdoc/>
    public override void Load(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        switch (form)
        {
            case RdbType.SetIntset:
                LoadIntSet(reader.ReadPacked(), ref target);
                break;
            case RdbType.SetListpack:
                LoadListpack(reader.ReadPacked(), ref target);
                break;
            default:
                LoadMembers(ref reader, ref target);
                break;
        }
    }

    /// <inheritdoc/>
    public override long UsedBytes(EntryRef entry, Heap heap, long samples) =>
        entry.UsedBytes(heap) + SetValue.UsedBytes(heap, entry, samples);

    private static void LoadIntSet(ReadOnlySpan<byte> bytes, ref LoadTarget target)
    {
        if (!IntSet.IsValid(bytes)) throw new RdbFormatException("Intset integrity check failed.");
        target.Entry = SetValue.NewEntry(target.Heap, target.Key, target.ExpiryMs, EntryEncoding.IntSet, bytes);
        SetValue.Prepare(Editor(target), target.Settings.Types.SetLimits, SetValue.Count(target.Entry));
    }

    private static void LoadListpack(ReadOnlySpan<byte> bytes, ref LoadTarget target)
    {
        if (!ListpackCheck.IsValid(bytes, deep: true, out int count) || ListpackDuplicates.Any(target.Heap, bytes, 1))
            throw new RdbFormatException("Set listpack integrity check failed.");
        if (count == 0) throw new RdbEmptyException("A set is empty.");
        target.Entry = SetValue.NewEntry(target.Heap, target.Key, target.ExpiryMs, EntryEncoding.ListPack, bytes);
        SetValue.Prepare(Editor(target), target.Settings.Types.SetLimits, count);
    }

    private static void LoadMembers(ref RdbReader reader, ref LoadTarget target)
    {
        ulong count = reader.ReadLength();
        if (count == 0) throw new RdbEmptyException("A set is empty.");
        if (count > (ulong)reader.Remaining) throw new RdbFormatException("A set cannot have that many members.");
        SetLimits limits = target.Settings.Types.SetLimits with { Expected = (long)count };
        bool isLarge = (long)count > limits.IntSetEntries;
        target.Entry = SetValue.NewEntry(
            target.Heap, target.Key, target.ExpiryMs, isLarge ? EntryEncoding.HashTable : EntryEncoding.IntSet, (long)count);
        StructureEditor editor = Editor(target);
        for (; count > 0; count--)
        {
            if (!SetValue.Add(editor, limits, reader.ReadString())) throw new RdbFormatException("Duplicate set members detected");
        }
    }

    private static StructureEditor Editor(in LoadTarget target) => StructureEditor.ForDetached(target.Heap, target.Entry);
}
