using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Lists;

/// <summary>What the rest of the engine knows about lists.</summary>
/// <remarks>
/// A list is saved as its nodes: their number, and for each whether it is one plain element or a listpack, and its bytes
/// as a string. A small list is saved as if it had one node.
/// </remarks>
internal sealed class ListType : ValueType
{
    private const ulong PlainNode = 1;
    private const ulong PackedNode = 2;

    /// <inheritdoc/>
    public override EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs) =>
        ListValue.CopyOf(heap, source, key, expiryMs);

    /// <inheritdoc/>
    public override void Digest(EntryRef entry, ref DatasetDigest digest)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        using var cursor = new ListCursor(entry, 0, long.MaxValue);
        while (cursor.MoveNext()) digest.Mix(cursor.Current.GetBytes(scratch));
    }

    /// <inheritdoc/>
    public override RdbType SavedAs(EntryRef entry, int version) => RdbType.ListQuicklist2;

    /// <inheritdoc/>
    public override void Save(EntryRef entry, RdbWriter writer)
    {
        var nodes = new ListNodes(entry);
        writer.WriteLength((ulong)nodes.Count);
        while (nodes.MoveNext())
        {
            writer.WriteLength(nodes.IsPlain ? PlainNode : PackedNode);
            if (nodes.IsCompressed) writer.WriteCompressed(nodes.Bytes, nodes.RawLength);
            else writer.WriteString(nodes.Bytes);
        }
    }

    /// <inheritdoc/>
    public override void SaveAsCommands(EntryRef entry, CommandWriter writer)
    {
        var commands = new ElementCommands(writer, "RPUSH"u8, entry.Key, ListValue.Length(entry), 1);
        using var cursor = new ListCursor(entry, 0, long.MaxValue);
        while (cursor.MoveNext())
        {
            commands.Next();
            writer.Add(cursor.Current);
        }
    }

    /// <inheritdoc/>
    public override void Load(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        ListLimits limits = target.Settings.Types.ListLimits;
        target.Entry = ListValue.NewLargeEntry(target.Heap, target.Key, target.ExpiryMs, limits);
        StructureEditor editor = StructureEditor.ForDetached(target.Heap, target.Entry);
        switch (form)
        {
            case RdbType.List:
                LoadElements(ref reader, editor, limits);
                break;
            case RdbType.ListZiplist:
                Require(ListLoader.TryPushZiplist(editor, reader.ReadPacked(), limits), "List ziplist integrity check failed.");
                break;
            default:
                LoadNodes(form, ref reader, editor, limits);
                break;
        }
        if (ListValue.Length(target.Entry) == 0) throw new RdbEmptyException("A list is empty.");
        if (form != RdbType.ListZiplist) ListValue.Shrink(editor, limits, needsSlack: false);
    }

    /// <inheritdoc/>
    public override long UsedBytes(EntryRef entry, Heap heap, long samples) => ListValue.UsedBytes(heap, entry, samples);

    private static void LoadElements(ref RdbReader reader, StructureEditor editor, in ListLimits limits)
    {
        for (ulong left = reader.ReadLength(); left > 0; left--) ListValue.Push(editor, reader.ReadString(), atEnd: true, limits);
    }

    private static void LoadNodes(RdbType form, ref RdbReader reader, StructureEditor editor, in ListLimits limits)
    {
        for (ulong left = reader.ReadLength(); left > 0; left--)
        {
            ulong kind = form == RdbType.ListQuicklist2 ? reader.ReadLength() : PackedNode;
            Require(kind is PlainNode or PackedNode, "Quicklist integrity check failed.");
            ReadOnlySpan<byte> bytes = kind == PlainNode ? reader.ReadString() : reader.ReadPacked();
            Require(!bytes.IsEmpty, "Quicklist integrity check failed.");
            if (kind == PlainNode) ListLoader.AddPlain(editor, bytes, limits);
            else if (form == RdbType.ListQuicklist2) Require(ListLoader.TryAddListpack(editor, bytes, limits), "Listpack integrity check failed.");
            else Require(ListLoader.TryAddZiplist(editor, bytes, limits), "Ziplist integrity check failed.");
        }
    }

    private static void Require(bool condition, string what)
    {
        if (!condition) throw new RdbFormatException(what);
    }
}
