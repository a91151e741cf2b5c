using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types.Strings;

namespace Sigrun.Types;

/// <summary>What the rest of the engine knows about a type of value.</summary>
internal abstract class ValueType
{
    /// <summary>Makes the target hold an equal value, with the same expiry.</summary>
    /// <param name="source">The entry to copy; not in the target's way.</param>
    /// <param name="target">The scope of a key that does not exist.</param>
    public abstract void Copy(EntryRef source, ref WriteScope target);

    /// <summary>Adds what distinguishes the value to a digest; equal values give equal digests whatever their encoding.</summary>
    public abstract void Digest(EntryRef entry, ref DatasetDigest digest);
}

/// <summary>The types of values and the words for them.</summary>
internal static class ValueTypes
{
    private static readonly ValueType String = new StringType();

    /// <summary>The descriptor of a type.</summary>
    public static ValueType Of(EntryType type) => type switch
    {
        EntryType.String => String,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The name that TYPE tells.</summary>
    public static ReadOnlySpan<byte> Name(EntryType type) => type switch
    {
        EntryType.String => "string"u8,
        EntryType.List => "list"u8,
        EntryType.Set => "set"u8,
        EntryType.SortedSet => "zset"u8,
        EntryType.Hash => "hash"u8,
        EntryType.Stream => "stream"u8,
        _ => "none"u8,
    };

    /// <summary>The type with that name, in any case.</summary>
    public static bool TryParseName(ReadOnlySpan<byte> name, out EntryType type)
    {
        for (type = EntryType.String; type <= EntryType.Stream; type++)
        {
            if (type != EntryType.Module && System.Text.Ascii.EqualsIgnoreCase(name, Name(type))) return true;
        }
        return false;
    }

    /// <summary>The name that OBJECT ENCODING tells.</summary>
    public static ReadOnlySpan<byte> EncodingName(EntryEncoding encoding) => encoding switch
    {
        EntryEncoding.Raw => "raw"u8,
        EntryEncoding.Int => "int"u8,
        EntryEncoding.HashTable => "hashtable"u8,
        EntryEncoding.IntSet => "intset"u8,
        EntryEncoding.SkipList => "skiplist"u8,
        EntryEncoding.Embedded => "embstr"u8,
        EntryEncoding.QuickList => "quicklist"u8,
        EntryEncoding.Stream => "stream"u8,
        EntryEncoding.ListPack => "listpack"u8,
        _ => "unknown"u8,
    };
}
