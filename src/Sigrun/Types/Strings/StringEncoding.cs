using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>Which encoding a string is said to have.</summary>
/// <remarks>
/// Storage needs none of this: short values lie in their entry either way. Clients look at OBJECT
/// ENCODING, so the words follow Valkey's rule: a string is embedded when it fits into 128 bytes
/// together with its key, an object header of 8 bytes, an expiry time of 8 and the string headers.
/// </remarks>
internal static class StringEncoding
{
    private const int EmbeddedMax = 128;
    private const int ObjectHeader = 8;
    private const int ExpiryBytes = 8;
    private const int ValueOverhead = 4;

    /// <summary>The encoding of a string that is set as a whole and is not an integer.</summary>
    /// <param name="keyLength">The length of its key.</param>
    /// <param name="valueLength">Its length.</param>
    /// <param name="hasExpiry">Whether it gets an expiry, or the value that it replaces had one.</param>
    public static EntryEncoding ForBytes(int keyLength, int valueLength, bool hasExpiry)
    {
        if (valueLength > EmbeddedMax) return EntryEncoding.Raw;
        int size = ObjectHeader + KeySize(keyLength) + (hasExpiry ? ExpiryBytes : 0) + valueLength + ValueOverhead;
        return size <= EmbeddedMax ? EntryEncoding.Embedded : EntryEncoding.Raw;
    }

    /// <summary>Whether a value that is embedded without an expiry would not be with one.</summary>
    public static bool OutgrowsWithExpiry(EntryRef entry) =>
        entry.Encoding == EntryEncoding.Embedded && !entry.HasExpiry
        && ForBytes(entry.Key.Length, entry.ValueLength, hasExpiry: true) == EntryEncoding.Raw;

    /// <summary>The encoding of a value of any type under a key of that length: one that is embedded may fit no more.</summary>
    public static EntryEncoding AfterRename(EntryRef entry, int keyLength) =>
        entry.Encoding == EntryEncoding.Embedded ? ForBytes(keyLength, entry.ValueLength, entry.HasExpiry) : entry.Encoding;

    /// <summary>A key with its string header, the byte that holds the header's size, and a final zero.</summary>
    private static int KeySize(int length) => length + 2 + HeaderSize(length);

    private static int HeaderSize(int length) => length < 32 ? 1 : length < 256 ? 3 : 5;
}
