namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>A small sorted set: one listpack of members, each followed by its score, in order of score, then member.</summary>
/// <remarks>
/// Scores that are whole numbers are kept as numbers, others as their shortest text: byte for byte what RDB files hold.
/// So −0 becomes 0.
/// </remarks>
internal static unsafe class SortedSetPack
{
    /// <summary>Finds a member; null when it is not there.</summary>
    public static byte* Find(byte* pack, ReadOnlySpan<byte> member) => Listpack.Find(Listpack.First(pack), member, skip: 1);

    public static double ScoreOf(byte* element) => ReadScore(Listpack.Next(element));

    /// <summary>The score that an element spells.</summary>
    public static double ReadScore(byte* scoreElement)
    {
        ListpackElement score = Listpack.Get(scoreElement);
        return score.IsNumber ? score.Number : DoubleText.ReadStart(score.Bytes, out _);
    }

    /// <summary>The score that an element from outside spells; false when it spells none.</summary>
    public static bool TryReadScore(byte* scoreElement, out double score)
    {
        ListpackElement element = Listpack.Get(scoreElement);
        int length = 0;
        score = element.IsNumber ? element.Number : DoubleText.ReadStart(element.Bytes, out length);
        return !double.IsNaN(score) && (element.IsNumber || (length > 0 && length == element.Bytes.Length));
    }

    /// <summary>The member after one, or null.</summary>
    public static byte* Next(byte* element) => Listpack.Next(Listpack.Next(element));

    /// <summary>The member in front of one, or null.</summary>
    public static byte* Previous(byte* pack, byte* element)
    {
        byte* score = Listpack.Previous(pack, element);
        return score == null ? null : Listpack.Previous(pack, score);
    }

    /// <summary>The number of members in front of one.</summary>
    public static int IndexOf(byte* pack, byte* element)
    {
        int index = 0;
        for (byte* at = Listpack.First(pack); at != element; at = Next(at)) index++;
        return index;
    }

    /// <summary>Adds a member that is not there.</summary>
    public static byte* Insert(Heap heap, byte* pack, ReadOnlySpan<byte> member, double score)
    {
        byte* at = Listpack.First(pack);
        while (at != null)
        {
            double other = ScoreOf(at);
            if (other > score || (other == score && CompareMember(at, member) > 0)) break;
            at = Next(at);
        }
        return Add(heap, pack, at, member, score);
    }

    /// <summary>Gives a member, which is named again, another score and the place that goes with it.</summary>
    public static byte* SetScore(Heap heap, byte* pack, byte* element, ReadOnlySpan<byte> member, double score)
    {
        int offset = (int)(element - pack);
        byte* scoreElement = Listpack.Next(element);
        if (IsWhole(score, out long number))
        {
            pack = Listpack.Replace(heap, pack, ref scoreElement, new ListpackItem(number));
        }
        else
        {
            Span<byte> digits = stackalloc byte[NumberText.DoubleMax];
            pack = Listpack.Replace(heap, pack, ref scoreElement, new ListpackItem(digits[..NumberText.FormatDouble(digits, score)]));
        }
        MoveToPlace(pack, pack + offset, Listpack.Skip(scoreElement), member, score);
        return pack;
    }

    /// <summary>Adds a member behind all others, where it belongs.</summary>
    public static byte* Append(Heap heap, byte* pack, ReadOnlySpan<byte> member, double score) => Add(heap, pack, null, member, score);

    /// <summary>How a member compares with another, which is given as bytes.</summary>
    public static int CompareMember(byte* element, ReadOnlySpan<byte> member) =>
        Listpack.Get(element).GetBytes(stackalloc byte[ListpackElement.DigitsMax]).SequenceCompareTo(member);

    /// <summary>How many members have a score below one, or (<paramref name="orEqual"/>) not above it.</summary>
    public static int CountBelow(byte* pack, double score, bool orEqual)
    {
        int count = 0;
        for (byte* at = Listpack.First(pack); at != null; at = Next(at), count++)
        {
            double other = ScoreOf(at);
            if (orEqual ? other > score : other >= score) break;
        }
        return count;
    }

    /// <summary>Whether a score is kept as a whole number.</summary>
    public static bool IsWhole(double score, out long number)
    {
        const double WholeMax = long.MaxValue / 2;
        number = 0;
        if (!(score is >= -WholeMax and <= WholeMax)) return false;
        number = (long)score;
        return number == score;
    }

    /// <summary>Moves a pair of elements to where its score belongs, which needs no memory.</summary>
    private static void MoveToPlace(byte* pack, byte* element, byte* end, ReadOnlySpan<byte> member, double score)
    {
        byte* at = Listpack.First(pack);
        byte* target = pack + Listpack.TotalBytes(pack) - 1;
        for (; at != null; at = Next(at))
        {
            if (at == element) continue;
            double other = ScoreOf(at);
            if (other < score || (other == score && CompareMember(at, member) < 0)) continue;
            target = at;
            break;
        }
        if (target > end) Exchange(element, end, target);
        else if (target < element) Exchange(target, element, end);
    }

    /// <summary>Exchanges two neighbouring stretches of bytes.</summary>
    private static void Exchange(byte* start, byte* middle, byte* end)
    {
        new Span<byte>(start, (int)(middle - start)).Reverse();
        new Span<byte>(middle, (int)(end - middle)).Reverse();
        new Span<byte>(start, (int)(end - start)).Reverse();
    }

    private static byte* Add(Heap heap, byte* pack, byte* before, ReadOnlySpan<byte> member, double score)
    {
        ListpackItem text = new(member);
        if (IsWhole(score, out long number)) return Listpack.InsertPair(heap, pack, before, text, new ListpackItem(number));
        Span<byte> digits = stackalloc byte[NumberText.DoubleMax];
        return Listpack.InsertPair(heap, pack, before, text, new ListpackItem(digits[..NumberText.FormatDouble(digits, score)]));
    }
}
