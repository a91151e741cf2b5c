using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;
using Sigrun.Types.Hashes;
using Sigrun.Types.Lists;
using Sigrun.Types.Sets;
using Sigrun.Types.SortedSets;
using Sigrun.Types.Streams;
using Sigrun.Types.Strings;

namespace Sigrun.Types;

/// <summary>What the rest of the engine knows about a type of value.</summary>
internal abstract class ValueType
{
    /// <summary>Makes an entry for another key with an equal value.</summary>
    /// <param name="source">The entry to copy.</param>
    /// <param name="heap">The heap of both.</param>
    /// <param name="key">The new entry's key.</param>
    /// <param name="expiryMs">Its expiry, −1 for none.</param>
    /// <returns>An entry that belongs to the caller.</returns>
    public abstract EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs);

    /// <summary>Adds what distinguishes the value to a digest; equal values give equal digests whatever their encoding.</summary>
    public abstract void Digest(EntryRef entry, ref DatasetDigest digest);

    /// <summary>The form in which <see cref="Save"/> writes this value.</summary>
    /// <param name="entry">The value.</param>
    /// <param name="version">The version whose readers shall understand it, as the writer has it; one that has no form for it gets one it does not know.</param>
    public abstract RdbType SavedAs(EntryRef entry, int version);

    /// <summary>Writes the value, without the byte that tells its form.</summary>
    public abstract void Save(EntryRef entry, RdbWriter writer);

    /// <summary>Writes the commands that make the value where there is none, but for its expiry.</summary>
    public abstract void SaveAsCommands(EntryRef entry, CommandWriter writer);

    /// <summary>Reads a value in any form of this type; throws <see cref="RdbFormatException"/> when there is none.</summary>
    /// <param name="form">The byte that stood in front of it.</param>
    /// <param name="reader">Where it begins; afterwards behind it.</param>
    /// <param name="target">Gets the entry; its owner frees it when this throws.</param>
    public abstract void Load(RdbType form, ref RdbReader reader, ref LoadTarget target);

    /// <summary>The bytes that an entry and its value take, as the heap counts them.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="heap">Its heap.</param>
    /// <param name="samples">How many elements to look at; the others are taken to be like them.</param>
    public abstract long UsedBytes(EntryRef entry, Heap heap, long samples);
}

/// <summary>The types of values and the words for them.</summary>
internal static class ValueTypes
{
    private static readonly ValueType String = new StringType();
    private static readonly ValueType Set = new SetType();
    private static readonly ValueType Hash = new HashType();
    private static readonly ValueType List = new ListType();
    private static readonly ValueType SortedSet = new SortedSetType();
    private static readonly ValueType Stream = new StreamType();

    /// <summary>The descriptor of a type.</summary>
    public static ValueType Of(EntryType type) => type switch
    {
        EntryType.String => String,
        EntryType.Set => Set,
        EntryType.Hash => Hash,
        EntryType.List => List,
        EntryType.SortedSet => SortedSet,
        EntryType.Stream => Stream,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The descriptor of the type that is saved in a form; null when this server has no such type.</summary>
    public static ValueType? Of(RdbType form) => form switch
    {
        RdbType.String => String,
        RdbType.Set or RdbType.SetIntset or RdbType.SetListpack => Set,
        RdbType.Hash or RdbType.HashZipmap or RdbType.HashZiplist or RdbType.HashListpack or RdbType.Hash2
            or RdbType.ForeignHashPreRelease or RdbType.ForeignHashListpackPreRelease
            or RdbType.ForeignHash or RdbType.ForeignHashListpack => Hash,
        RdbType.List or RdbType.ListZiplist or RdbType.ListQuicklist or RdbType.ListQuicklist2 => List,
        RdbType.SortedSet or RdbType.SortedSet2 or RdbType.SortedSetZiplist or RdbType.SortedSetListpack => SortedSet,
        RdbType.StreamListpacks or RdbType.StreamListpacks2 or RdbType.StreamListpacks3
            or RdbType.ForeignStream or RdbType.ForeignStream2 => Stream,
        _ => null,
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
