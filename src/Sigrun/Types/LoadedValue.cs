using Sigrun.Keyspace;

namespace Sigrun.Types;

/// <summary>
/// A value that was read completely and belongs to no key yet, so that nothing has changed when reading fails, and a
/// key that has expired meanwhile is never made.
/// </summary>
internal readonly ref struct LoadedValue(ValueType type, ReadOnlySpan<byte> bytes)
{
    private readonly ValueType _type = type;

    /// <summary>The bytes of a string; valid until its reader is used again.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>Makes it the value of a key.</summary>
    /// <param name="target">The scope of a key that does not exist.</param>
    /// <param name="expiryMs">The key's expiry, −1 for none.</param>
    public void Store(ref WriteScope target, long expiryMs) => _type.Store(this, ref target, expiryMs);
}
