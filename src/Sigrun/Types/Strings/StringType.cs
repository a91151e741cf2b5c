using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>What the rest of the engine knows about strings.</summary>
internal sealed class StringType : ValueType
{
    /// <inheritdoc/>
    public override void Copy(EntryRef source, ref WriteScope target)
    {
        if (source.TryGetInteger(out long number)) target.SetInteger(number, source.ExpiryMs);
        else target.SetBytes(source.ValueBytes, source.Encoding, source.ExpiryMs);
    }

    /// <inheritdoc/>
    public override void Digest(EntryRef entry, ref DatasetDigest digest)
    {
        Span<byte> scratch = stackalloc byte[EntryRef.IntegerDigits];
        digest.Mix(entry.GetValue(scratch));
    }

    /// <inheritdoc/>
    public override RdbType SavedAs(EntryRef entry) => RdbType.String;

    /// <inheritdoc/>
    public override void Save(EntryRef entry, RdbWriter writer)
    {
        if (entry.TryGetInteger(out long number)) writer.WriteInteger(number);
        else writer.WriteString(entry.ValueBytes);
    }

    /// <inheritdoc/>
    public override LoadedValue Load(RdbType form, ref RdbReader reader) => new(this, reader.ReadString());

    /// <inheritdoc/>
    public override void Store(in LoadedValue value, ref WriteScope target, long expiryMs) =>
        target.SetString(value.Bytes, expiryMs);

    /// <inheritdoc/>
    public override long UsedBytes(EntryRef entry, Heap heap, long samples) => entry.UsedBytes(heap);
}
