using Sigrun.Keyspace;
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
}
