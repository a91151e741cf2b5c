using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>What the rest of the engine knows about strings.</summary>
internal sealed class StringType : ValueType
{
    /// <inheritdoc/>
    public override EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs)
    {
        if (source.TryGetInteger(out long number)) return DetachedEntry.OfInteger(heap, key, number, expiryMs);
        EntryEncoding encoding = source.Encoding == EntryEncoding.Embedded
            ? StringEncoding.ForBytes(key.Length, source.ValueLength, expiryMs >= 0)
            : EntryEncoding.Raw;
        return DetachedEntry.OfString(heap, key, source.ValueBytes, encoding, expiryMs);
    }

    /// <inheritdoc/>
    public override void Digest(EntryRef entry, ref DatasetDigest digest)
    {
        Span<byte> scratch = stackalloc byte[EntryRef.IntegerDigits];
        digest.Mix(entry.GetValue(scratch));
    }

    /// <inheritdoc/>
    public override RdbType SavedAs(EntryRef entry, int version) => RdbType.String;

    /// <inheritdoc/>
    public override void Save(EntryRef entry, RdbWriter writer)
    {
        if (entry.TryGetInteger(out long number)) writer.WriteInteger(number);
        else writer.WriteString(entry.ValueBytes);
    }

    /// <inheritdoc/>
    public override void SaveAsCommands(EntryRef entry, CommandWriter writer)
    {
        Span<byte> scratch = stackalloc byte[EntryRef.IntegerDigits];
        writer.Begin(3).Add("SET"u8).Add(entry.Key).Add(entry.GetValue(scratch));
    }

    /// <inheritdoc/>
    public override void Load(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        ReadOnlySpan<byte> value = reader.ReadString();
        bool isNumber = NumberText.TryParseInt64(value, out long number);
        target.Entry = isNumber
            ? DetachedEntry.OfInteger(target.Heap, target.Key, number, target.ExpiryMs)
            : DetachedEntry.OfString(target.Heap, target.Key, value,
                StringEncoding.ForBytes(target.Key.Length, value.Length, target.ExpiryMs >= 0), target.ExpiryMs);
    }

    /// <inheritdoc/>
    public override long UsedBytes(EntryRef entry, Heap heap, long samples) => entry.UsedBytes(heap);
}
