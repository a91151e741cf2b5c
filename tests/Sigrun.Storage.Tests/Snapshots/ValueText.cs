using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sigrun.Storage.Compression;
using Sigrun.Storage.Snapshots;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Tests.Snapshots;

/// <summary>All that a key is as one text, whether it is read from its entry or from the pieces of a snapshot.</summary>
internal static class ValueText
{
    private const int ShownBytes = 40;

    /// <summary>Clients wait while a piece is copied.</summary>
    private const int PieceBytesMax = 64 << 10;

    public static string OfEntry(Heap heap, EntryRef entry)
    {
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        IEnumerable<string> parts = entry.Type switch
        {
            EntryType.String => [OfBytes(entry.GetValue(digits))],
            EntryType.List => Elements(entry),
            EntryType.Set => Members(entry).Order(StringComparer.Ordinal),
            EntryType.Hash => Fields(entry).Order(StringComparer.Ordinal),
            EntryType.SortedSet => Scores(heap, entry).Order(StringComparer.Ordinal),
            _ => Pieces(entry),
        };
        return Head(entry) + string.Join('\n', parts);
    }

    public static string OfPieces(SnapshotReader reader, EntryRef entry)
    {
        string head = Head(entry);
        bool expires = reader.HasFieldExpiry;
        IEnumerable<string> parts = entry.Type switch
        {
            EntryType.String => [LongString(reader)],
            EntryType.List => ReadList(reader),
            EntryType.Set => ReadGroups(reader, 1, static p => p[0]).Order(StringComparer.Ordinal),
            EntryType.Hash => ReadGroups(reader, expires ? 3 : 2, p => Field(p[0], p[1], expires ? long.Parse(p[2], CultureInfo.InvariantCulture) : -1))
                .Order(StringComparer.Ordinal),
            EntryType.SortedSet => ReadGroups(reader, 2, static p => p[0] + " " + p[1]).Order(StringComparer.Ordinal),
            _ => ReadAll(reader),
        };
        return head + string.Join('\n', parts);
    }

    private static string Head(EntryRef entry) => $"{entry.Type} {entry.Encoding} {entry.ExpiryMs}\n";

    private static string OfBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= ShownBytes ? Encoding.Latin1.GetString(bytes) : $"{bytes.Length} bytes {Convert.ToHexString(SHA256.HashData(bytes))}";

    private static string Field(string name, string value, long expiryMs) => $"{name}={value}@{expiryMs}";

    private static string OfElement(ListpackElement element) => OfBytes(element.GetBytes(stackalloc byte[ListpackElement.DigitsMax]));

    private static List<string> Elements(EntryRef entry)
    {
        var texts = new List<string>();
        using var cursor = new ListCursor(entry, 0, long.MaxValue);
        while (cursor.MoveNext()) texts.Add(OfElement(cursor.Current));
        return texts;
    }

    private static List<string> Members(EntryRef entry)
    {
        var texts = new List<string>();
        foreach (ListpackElement member in SetValue.Members(entry)) texts.Add(OfElement(member));
        return texts;
    }

    private static List<string> Fields(EntryRef entry)
    {
        var texts = new List<string>();
        HashCursor fields = HashValue.Fields(entry, HashValue.BeforeAll);
        while (fields.MoveNext()) texts.Add(Field(OfElement(fields.Field), OfElement(fields.Value), fields.ExpiryMs));
        return texts;
    }

    private static List<string> Scores(Heap heap, EntryRef entry)
    {
        var texts = new List<string>();
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        for (SortedSetCursor at = new SortedSetReader(heap, entry).At(0); !at.IsEnd; at.MoveNext())
            texts.Add($"{OfBytes(at.GetMember(digits))} {BitConverter.DoubleToUInt64Bits(at.Score)}");
        return texts;
    }

    private static List<string> Pieces(EntryRef stream)
    {
        var sink = new TextSink();
        StreamParts.WriteNodes(new StreamView(stream), sink);
        StreamParts.WriteRest(new StreamView(stream), sink, withActivity: true);
        return sink.Texts;
    }

    private static string LongString(SnapshotReader reader)
    {
        byte[] bytes = ReadString(reader, reader.ReadPiece());
        Assert.False(Next(reader, out _));
        return OfBytes(bytes);
    }

    /// <summary>A string that begins with a piece, in whichever form it comes.</summary>
    private static byte[] ReadString(SnapshotReader reader, in SnapshotPiece piece)
    {
        int length = (int)piece.Number;
        switch (piece.Kind)
        {
            case SnapshotPieceKind.LongString:
                return Join(reader, length);
            case SnapshotPieceKind.LongCompressed:
                return Expand(Join(reader, piece.StoredLength), length);
            case SnapshotPieceKind.Compressed:
                return Expand(piece.Bytes, length);
            default:
                Assert.Equal(SnapshotPieceKind.String, piece.Kind);
                Assert.InRange(piece.Bytes.Length, 0, PieceBytesMax);
                return piece.Bytes.ToArray();
        }
    }

    private static byte[] Join(SnapshotReader reader, int length)
    {
        var bytes = new List<byte>(length);
        while (bytes.Count < length)
        {
            SnapshotPiece piece = reader.ReadPiece();
            Assert.InRange(piece.Bytes.Length, 1, PieceBytesMax);
            bytes.AddRange(piece.Bytes);
        }
        Assert.Equal(length, bytes.Count);
        return [.. bytes];
    }

    private static byte[] Expand(ReadOnlySpan<byte> compressed, int length)
    {
        byte[] expanded = new byte[length];
        Assert.True(LzfDecompressor.TryExpand(compressed, expanded));
        return expanded;
    }

    private static List<string> ReadList(SnapshotReader reader)
    {
        var texts = new List<string>();
        SnapshotPiece piece = reader.ReadPiece();
        for (ulong nodes = piece.Number; nodes > 0; nodes--)
        {
            piece = reader.ReadPiece();
            bool isPlain = piece.Number == 1;
            AddNode(texts, ReadString(reader, reader.ReadPiece()), isPlain);
        }
        Assert.False(Next(reader, out piece));
        return texts;
    }

    private static void AddNode(List<string> texts, ReadOnlySpan<byte> bytes, bool isPlain)
    {
        if (isPlain)
        {
            texts.Add(OfBytes(bytes));
            return;
        }
        var elements = new ListpackReader(bytes);
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        while (elements.MoveNext()) texts.Add(OfBytes(elements.GetBytes(digits)));
    }

    /// <summary>So many groups of pieces as the first one says.</summary>
    private static List<string> ReadGroups(SnapshotReader reader, int size, Func<string[], string> join)
    {
        var texts = new List<string>();
        string[] parts = new string[size];
        ulong count = reader.ReadPiece().Number;
        int filled = 0;
        while (Next(reader, out SnapshotPiece piece))
        {
            parts[filled++] = piece.Kind == SnapshotPieceKind.String ? OfBytes(piece.Bytes) : ((long)piece.Number).ToString(CultureInfo.InvariantCulture);
            if (filled < size) continue;
            texts.Add(join(parts));
            filled = 0;
        }
        Assert.Equal((0, count), (filled, (ulong)texts.Count));
        return texts;
    }

    private static List<string> ReadAll(SnapshotReader reader)
    {
        var sink = new TextSink();
        while (Next(reader, out SnapshotPiece piece)) sink.Add(piece.Kind, piece.Number, piece.Bytes);
        return sink.Texts;
    }

    private static bool Next(SnapshotReader reader, out SnapshotPiece piece)
    {
        piece = reader.ReadPiece();
        return piece.Kind != SnapshotPieceKind.End;
    }

    /// <summary>Notes pieces, so that streams can be compared down to their nodes.</summary>
    private sealed class TextSink : IValueSink
    {
        public List<string> Texts { get; } = [];

        public void Add(SnapshotPieceKind kind, ulong number, ReadOnlySpan<byte> bytes) => Texts.Add($"{kind} {number} {Convert.ToHexString(bytes)}");

        public void WriteLength(ulong length) => Add(SnapshotPieceKind.Length, length, []);

        public void WriteUInt64(ulong value) => Add(SnapshotPieceKind.UInt64, value, []);

        public void WriteString(ReadOnlySpan<byte> value) => Add(SnapshotPieceKind.String, 0, value);

        public void WriteCompressed(ReadOnlySpan<byte> compressed, int length) => Add(SnapshotPieceKind.Compressed, (ulong)length, compressed);

        public void WriteRaw(ReadOnlySpan<byte> bytes) => Add(SnapshotPieceKind.Raw, 0, bytes);
    }
}
