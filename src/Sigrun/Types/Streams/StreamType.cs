using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>What the rest of the engine knows about streams.</summary>
internal sealed class StreamType : ValueType
{
    /// <inheritdoc/>
    public override EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs) =>
        StreamValue.Copy(heap, source, key, expiryMs);

    /// <inheritdoc/>
    public override void Digest(EntryRef entry, ref DatasetDigest digest)
    {
        Span<byte> text = stackalloc byte[StreamId.TextMax];
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        StreamCursor cursor = new StreamView(entry).Range(StreamId.Min, StreamId.Max);
        while (cursor.Next())
        {
            digest.Mix(text[..cursor.Id.Format(text, (byte)'.')]);
            for (int i = cursor.FieldCount; i > 0; i--)
            {
                cursor.ReadField(out ListpackElement field, out ListpackElement value);
                digest.Mix(field.GetBytes(digits));
                digest.Mix(value.GetBytes(digits));
            }
        }
    }

    /// <inheritdoc/>
    public override RdbType SavedAs(EntryRef entry, int version) =>
        version >= RdbFormat.LegacyVersion ? RdbType.StreamListpacks3 : RdbType.StreamListpacks2;

    /// <inheritdoc/>
    public override void Save(EntryRef entry, RdbWriter writer)
    {
        var stream = new StreamView(entry);
        StreamParts.WriteNodes(stream, writer);
        StreamParts.WriteRest(stream, writer, withActivity: writer.Version >= RdbFormat.LegacyVersion);
    }

    /// <inheritdoc/>
    public override void SaveAsCommands(EntryRef entry, CommandWriter writer) =>
        StreamCommandSaver.Save(entry.Key, new StreamView(entry), writer);

    /// <inheritdoc/>
    public override void Load(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        target.Entry = StreamValue.NewEntry(target.Heap, target.Key, target.ExpiryMs);
        StreamLoader.Load(new StreamEditor(StructureEditor.ForDetached(target.Heap, target.Entry)), form, ref reader, target.NowMs);
    }

    /// <inheritdoc/>
    public override long UsedBytes(EntryRef entry, Heap heap, long samples) =>
        entry.UsedBytes(heap) + new StreamView(entry).UsedBytes(heap, samples);
}
