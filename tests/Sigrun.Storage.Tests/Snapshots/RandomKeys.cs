using System.Text;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Storage.Tests.Snapshots;

/// <summary>Makes values of every kind, of all sizes that a snapshot treats differently.</summary>
internal sealed class RandomKeys(Heap heap)
{
    /// <summary>How many kinds of values there are.</summary>
    public const int Kinds = 26;

    /// <summary>A small stream.</summary>
    public const int FewEntriesLittlePending = 22;

    /// <summary>A stream of few nodes in whose groups much is pending.</summary>
    public const int FewEntriesMuchPending = 24;

    /// <summary>A stream with many groups.</summary>
    public const int ManyGroups = 25;

    public const int Elements = 700;

    public static readonly SetLimits Sets = new(64, 32, 64);
    public static readonly HashLimits Hashes = new(32, 64);
    public static readonly SortedSetLimits SortedSets = new(32, 64);
    public static readonly ListLimits Lists = new(8, 0, 2000);
    public static readonly ListLimits CompressedLists = new(8, 1, 2000);

    /// <summary>Adds a key, which is absent, with a value of a kind.</summary>
    public void Add(ref RandomSource random, KeyTable table, byte[] key, int kind)
    {
        ulong hash = table.Hash(key);
        long expiryMs = random.NextInt(3) == 0 ? 1_000_000 + random.NextInt(1000) : -1;
        WritePermit permit = table.BeginWrite(hash);
        switch (kind)
        {
            case 0:
                table.AddInteger(permit, hash, key, (long)random.Next(), expiryMs);
                break;
            case <= 5:
                int length = (int[])[10, 200, 5000, 300_000, 3_000_000] is var lengths ? lengths[kind - 1] : 0;
                table.AddString(permit, hash, key, Seeded.Bytes(ref random, length), EntryEncoding.Raw, expiryMs);
                break;
            default:
                EntryRef entry = table.Attach(permit, hash, Make(ref random, key, expiryMs, kind));
                table.NoteFieldExpiry(hash, entry);
                break;
        }
    }

    /// <summary>Something to be an element.</summary>
    public static byte[] Element(ref RandomSource random, int range = 2 * Elements) => Encoding.ASCII.GetBytes(random.NextInt(8) switch
    {
        0 => random.NextInt(range).ToString(),
        1 => new string((char)('a' + random.NextInt(26)), 20 + random.NextInt(40)),
        _ => "element:" + random.NextInt(range),
    });

    /// <summary>Something to be an element of a list with a node of its own, which can be compressed or not.</summary>
    public static byte[] LargeElement(ref RandomSource random)
    {
        byte[] bytes = Seeded.Bytes(ref random, random.NextInt(3) == 0 ? 40_000 + random.NextInt(50_000) : 2500);
        if (random.NextInt(2) == 0) bytes.AsSpan(bytes.Length / 4).Fill((byte)'x');
        return bytes;
    }

    private EntryRef Make(ref RandomSource random, byte[] key, long expiryMs, int kind) => kind switch
    {
        6 => MakeList(ref random, key, expiryMs, 5, Lists),
        7 => MakeList(ref random, key, expiryMs, 30, Lists),
        8 => MakeList(ref random, key, expiryMs, 300, Lists),
        9 => MakeList(ref random, key, expiryMs, 300, CompressedLists),
        10 => MakeSet(ref random, key, expiryMs, 20, numbersOnly: true),
        11 => MakeSet(ref random, key, expiryMs, 20, numbersOnly: false),
        12 => MakeSet(ref random, key, expiryMs, 200, numbersOnly: false),
        13 => MakeSet(ref random, key, expiryMs, Elements, numbersOnly: false),
        14 => MakeHash(ref random, key, expiryMs, 20, expires: false),
        15 => MakeHash(ref random, key, expiryMs, 100, expires: true),
        16 => MakeHash(ref random, key, expiryMs, Elements, expires: false),
        17 => MakeHash(ref random, key, expiryMs, Elements, expires: true),
        18 => MakeSortedSet(ref random, key, expiryMs, 20),
        19 => MakeSortedSet(ref random, key, expiryMs, Elements),
        20 => MakeList(ref random, key, expiryMs, 80, CompressedLists),
        21 => MakeList(ref random, key, expiryMs, 3, CompressedLists, firstLarge: 1),
        FewEntriesLittlePending => RandomStreams.Make(heap, ref random, key, expiryMs, entries: 15, groups: 1, pending: 5),
        23 => RandomStreams.Make(heap, ref random, key, expiryMs, entries: 300, groups: 2, pending: 100),
        FewEntriesMuchPending => RandomStreams.Make(heap, ref random, key, expiryMs, entries: 15, groups: 2, pending: 700),
        _ => RandomStreams.Make(heap, ref random, key, expiryMs, entries: 40, groups: 100, pending: 4),
    };

    private EntryRef MakeList(ref RandomSource random, byte[] key, long expiryMs, int count, in ListLimits limits, int firstLarge = 39)
    {
        EntryRef entry = ListValue.NewEntry(heap, key, expiryMs);
        var editor = StructureEditor.ForDetached(heap, entry);
        for (int i = 0; i < count; i++)
        {
            byte[] text = i % 40 == firstLarge ? LargeElement(ref random) : Element(ref random);
            ListValue.Grow(editor, text.Length, 1, limits);
            ListValue.Push(editor, text, atEnd: true, limits);
        }
        return entry;
    }

    private EntryRef MakeSet(ref RandomSource random, byte[] key, long expiryMs, int count, bool numbersOnly)
    {
        EntryRef entry = SetValue.NewEntry(heap, key, expiryMs, Sets, numbersOnly ? "1"u8 : "x"u8, 1);
        var editor = StructureEditor.ForDetached(heap, entry);
        while (SetValue.Count(entry) < count)
            SetValue.Add(editor, Sets, numbersOnly ? Encoding.ASCII.GetBytes(random.NextInt(1000).ToString()) : Element(ref random));
        return entry;
    }

    private EntryRef MakeHash(ref RandomSource random, byte[] key, long expiryMs, int count, bool expires)
    {
        EntryRef entry = HashValue.NewEntry(heap, key, expiryMs);
        var editor = new HashEditor(StructureEditor.ForDetached(heap, entry));
        while (HashValue.Count(entry) < count)
        {
            long fieldExpiryMs = expires && random.NextInt(2) == 0 ? random.NextInt(1000) : -1;
            editor.Set(Hashes, Element(ref random), Element(ref random), fieldExpiryMs, keepsExpiry: false, HashValue.BeforeAll);
        }
        return entry;
    }

    private EntryRef MakeSortedSet(ref RandomSource random, byte[] key, long expiryMs, int count)
    {
        EntryRef entry = SortedSetValue.NewEntry(heap, key, expiryMs);
        var editor = StructureEditor.ForDetached(heap, entry);
        while (SortedSetValue.Count(entry) < count)
        {
            double score = random.NextInt(1000) / 8.0;
            SortedSetValue.Set(editor, Element(ref random), ref score, SortedSetUpdate.None, SortedSets);
        }
        return entry;
    }
}
