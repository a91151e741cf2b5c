using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Persistence.Checks;

/// <summary>How many keys of one type a database has, and how large they are; sizes in bytes.</summary>
internal sealed class RdbTypeFigures
{
    private const long ElementsMax = (2048 << 7) - 1;
    private const long ElementBytesMax = (2048 << 10) - 1;

    /// <summary>Keys.</summary>
    public long Keys { get; private set; }

    /// <summary>Keys that expire.</summary>
    public long Expires { get; private set; }

    /// <summary>Keys that have expired.</summary>
    public long Expired { get; private set; }

    /// <summary>Bytes of all keys' names.</summary>
    public long KeyBytes { get; private set; }

    /// <summary>Bytes of all elements.</summary>
    public long ElementBytes { get; private set; }

    /// <summary>Elements.</summary>
    public long Elements { get; private set; }

    /// <summary>The most elements of a key.</summary>
    public long LargestCount { get; private set; }

    /// <summary>Bytes of the largest element.</summary>
    public long LargestElement { get; private set; }

    /// <summary>How many elements keys have.</summary>
    public ElementHistogram Counts { get; } = new(ElementsMax);

    /// <summary>How large elements are.</summary>
    public ElementHistogram Sizes { get; } = new(ElementBytesMax);

    /// <summary>Takes a key into account.</summary>
    public void Add(EntryRef entry, bool expires, bool hasExpired)
    {
        Keys++;
        KeyBytes += entry.Key.Length;
        if (expires) Expires++;
        if (hasExpired) Expired++;
        long count = AddElements(entry);
        Elements += count;
        LargestCount = Math.Max(LargestCount, count);
        Counts.Add(count);
    }

    /// <summary>Takes the elements of a value into account; returns how many count.</summary>
    private long AddElements(EntryRef entry) => entry.Type switch
    {
        EntryType.String => AddString(entry),
        EntryType.List => AddList(entry),
        EntryType.Set => AddSet(entry),
        EntryType.SortedSet => AddSortedSet(entry),
        EntryType.Hash => AddHash(entry),
        EntryType.Stream => AddStream(entry),
        _ => 1,
    };

    private void AddElement(long bytes)
    {
        ElementBytes += bytes;
        LargestElement = Math.Max(LargestElement, bytes);
        Sizes.Add(bytes);
    }

    private long AddString(EntryRef entry)
    {
        AddElement(entry.GetValue(stackalloc byte[EntryRef.IntegerDigits]).Length);
        return 1;
    }

    private long AddList(EntryRef entry)
    {
        using var cursor = new ListCursor(entry, 0, long.MaxValue);
        while (cursor.MoveNext()) AddElement(cursor.Current.ByteCount);
        return ListValue.Length(entry);
    }

    private long AddSet(EntryRef entry)
    {
        foreach (ListpackElement member in SetValue.Members(entry)) AddElement(member.ByteCount);
        return SetValue.Count(entry);
    }

    /// <summary>A small sorted set counts members and scores, a large one members: as the reference tool does.</summary>
    private long AddSortedSet(EntryRef entry)
    {
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> text = stackalloc byte[NumberText.DoubleMax];
        for (SortedSetCursor at = SortedSetValue.First(entry); !at.IsEnd; at.MoveNext())
            AddElement(at.GetMember(digits).Length + NumberText.FormatDouble(text, at.Score));
        long count = SortedSetValue.Count(entry);
        return entry.Encoding == EntryEncoding.ListPack ? 2 * count : count;
    }

    private long AddHash(EntryRef entry)
    {
        HashCursor fields = HashValue.Fields(entry, HashValue.BeforeAll);
        while (fields.MoveNext()) AddElement(fields.Field.ByteCount + fields.Value.ByteCount);
        return HashValue.Count(entry);
    }

    private long AddStream(EntryRef entry)
    {
        var stream = new StreamView(entry);
        StreamCursor cursor = stream.Range(StreamId.Min, StreamId.Max);
        while (cursor.Next())
        {
            for (int i = cursor.FieldCount; i > 0; i--)
            {
                cursor.ReadField(out ListpackElement field, out ListpackElement value);
                AddElement(field.ByteCount + value.ByteCount);
            }
        }
        return stream.Length;
    }
}
