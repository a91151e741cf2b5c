using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>What the rest of the engine knows about sorted sets.</summary>
internal sealed class SortedSetType : ValueType
{
    /// <summary>Lengths of a score as text that stand for what is no number of digits.</summary>
    private const byte TextNegativeInfinity = 255;
    private const byte TextInfinity = 254;
    private const byte TextNaN = 253;

    /// <inheritdoc/>
    public override EntryRef Copy(EntryRef source, Heap heap, ReadOnlySpan<byte> key, long expiryMs) =>
        SortedSetValue.Copy(heap, source, key, expiryMs);

    /// <inheritdoc/>
    public override void Digest(EntryRef entry, ref DatasetDigest digest)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> text = stackalloc byte[NumberText.DoubleMax];
        Span<byte> sum = stackalloc byte[DatasetDigest.Length];
        for (SortedSetCursor at = SortedSetValue.First(entry); !at.IsEnd; at.MoveNext())
        {
            sum.Clear();
            DatasetDigest element = new(sum);
            element.Mix(at.GetMember(scratch));
            element.Mix(text[..FormatScore(text, at.Score)]);
            digest.Add(sum);
        }
    }

    /// <inheritdoc/>
    public override RdbType SavedAs(EntryRef entry, int version) =>
        entry.Encoding == EntryEncoding.ListPack ? RdbType.SortedSetListpack : RdbType.SortedSet2;

    /// <inheritdoc/>
    public override void Save(EntryRef entry, RdbWriter writer)
    {
        if (entry.Encoding == EntryEncoding.ListPack)
        {
            writer.WriteString(SortedSetValue.PackBytes(entry));
            return;
        }
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        writer.WriteLength((ulong)SortedSetValue.Count(entry));
        // The highest first: for readers that insert one by one, and so always at the front.
        for (SortedSetCursor at = SortedSetValue.Last(entry); !at.IsEnd; at.MovePrevious())
        {
            writer.WriteString(at.GetMember(scratch));
            writer.WriteUInt64(BitConverter.DoubleToUInt64Bits(at.Score));
        }
    }

    /// <inheritdoc/>
    public override void SaveAsCommands(EntryRef entry, CommandWriter writer)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> text = stackalloc byte[NumberText.DoubleMax];
        var commands = new ElementCommands(writer, "ZADD"u8, entry.Key, SortedSetValue.Count(entry), 2);
        for (SortedSetCursor at = SortedSetValue.First(entry); !at.IsEnd; at.MoveNext())
        {
            commands.Next();
            writer.Add(text[..FormatScore(text, at.Score)]).Add(at.GetMember(scratch));
        }
    }

    /// <inheritdoc/>
    public override void Load(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        switch (form)
        {
            case RdbType.SortedSetListpack:
                LoadPack(reader.ReadPacked(), ref target);
                break;
            case RdbType.SortedSetZiplist:
                LoadZiplist(reader.ReadPacked(), ref target);
                break;
            default:
                LoadElements(form, ref reader, ref target);
                break;
        }
    }

    /// <inheritdoc/>
    public override long UsedBytes(EntryRef entry, Heap heap, long samples) =>
        entry.UsedBytes(heap) + new SortedSetReader(heap, entry).UsedBytes(samples);

    /// <summary>Digests and files of commands have whole numbers in the form of others.</summary>
    private static int FormatScore(Span<byte> text, double score) =>
        double.IsFinite(score) && score != 0 ? NumberText.FormatShortest(text, score) : NumberText.FormatDouble(text, score);

    private static void LoadPack(ReadOnlySpan<byte> pack, ref LoadTarget target)
    {
        if (!ListpackCheck.IsValid(pack, deep: true, out int count) || count % 2 != 0)
            throw new RdbFormatException("Zset listpack integrity check failed.");
        if (count == 0) throw new RdbEmptyException("A sorted set is empty.");
        SortedSetLimits limits = SortedSetArgument.Limits(target.Settings);
        target.Entry = SortedSetValue.NewEntryOfPack(target.Heap, target.Key, pack, target.ExpiryMs);
        if (!SortedSetValue.IsConsistent(target.Heap, target.Entry)) throw new RdbFormatException("Zset listpack integrity check failed.");
        SortedSetValue.Prepare(StructureEditor.ForDetached(target.Heap, target.Entry), count / 2, 0, limits);
    }

    private static void LoadZiplist(ReadOnlySpan<byte> ziplist, ref LoadTarget target)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
        SortedSetBuilder builder = new(target.Heap, indexed: false);
        try
        {
            ZiplistReader elements = new(ziplist);
            while (elements.MoveNext())
            {
                ReadOnlySpan<byte> member = elements.GetBytes(scratch);
                if (!elements.MoveNext()) throw new RdbFormatException("Zset ziplist integrity check failed.");
                ReadOnlySpan<byte> text = elements.GetBytes(digits);
                double score = DoubleText.ReadStart(text, out int length);
                if (length != text.Length) throw new RdbFormatException("A score is no number.");
                AddNew(ref builder, member, score);
            }
            if (elements.IsDamaged) throw new RdbFormatException("Zset ziplist integrity check failed.");
            Finish(ref builder, ref target, long.MaxValue, "Zset ziplist integrity check failed.");
        }
        finally
        {
            builder.Dispose();
        }
    }

    private static void LoadElements(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        ulong count = reader.ReadLength();
        SortedSetBuilder builder = new(target.Heap, indexed: false);
        try
        {
            for (; count > 0; count--)
            {
                ReadOnlySpan<byte> member = reader.ReadString();
                double score = form == RdbType.SortedSet2 ? BitConverter.Int64BitsToDouble(reader.ReadInt64()) : ReadTextScore(ref reader);
                AddNew(ref builder, member, score);
            }
            Finish(ref builder, ref target, SortedSetArgument.Limits(target.Settings).MemberBytes, "Duplicate zset fields detected");
        }
        finally
        {
            builder.Dispose();
        }
    }

    private static void AddNew(ref SortedSetBuilder builder, scoped ReadOnlySpan<byte> member, double score)
    {
        if (double.IsNaN(score)) throw new RdbFormatException("Zset with NAN score detected");
        builder.Add(member, score);
    }

    private static void Finish(ref SortedSetBuilder builder, ref LoadTarget target, long memberBytesMax, string duplicate)
    {
        if (builder.Count == 0) throw new RdbEmptyException("A sorted set is empty.");
        if (!builder.TryIndex()) throw new RdbFormatException(duplicate);
        SortedSetLimits limits = SortedSetArgument.Limits(target.Settings) with { MemberBytes = memberBytesMax };
        target.Entry = builder.Build(target.Key, target.ExpiryMs, limits);
    }

    private static double ReadTextScore(ref RdbReader reader)
    {
        byte length = reader.ReadByte();
        switch (length)
        {
            case TextNegativeInfinity:
                return double.NegativeInfinity;
            case TextInfinity:
                return double.PositiveInfinity;
            case TextNaN:
                return double.NaN;
        }
        Span<byte> text = stackalloc byte[byte.MaxValue];
        for (int i = 0; i < length; i++) text[i] = reader.ReadByte();
        double score = DoubleText.ReadStart(text[..length], out int used);
        return used == 0 ? throw new RdbFormatException("A score is no number.") : score;
    }
}
