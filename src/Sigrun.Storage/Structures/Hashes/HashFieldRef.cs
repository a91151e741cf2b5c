namespace Sigrun.Storage.Structures.Hashes;

/// <summary>A field of a hash with what belongs to it; valid until the hash is written.</summary>
public readonly struct HashFieldRef
{
    /// <summary>Joins a field with what belongs to it.</summary>
    public HashFieldRef(ListpackElement field, ListpackElement value, long expiryMs)
    {
        Field = field;
        Value = value;
        ExpiryMs = expiryMs;
    }

    /// <summary>The field.</summary>
    public ListpackElement Field { get; }

    /// <summary>Its value.</summary>
    public ListpackElement Value { get; }

    /// <summary>When it expires, −1 for never.</summary>
    public long ExpiryMs { get; }

    /// <summary>Whether it expires.</summary>
    public bool IsExpiring => ExpiryMs >= 0;
}
