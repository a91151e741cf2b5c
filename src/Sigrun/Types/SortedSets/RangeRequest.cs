using Sigrun.Commands;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>By what a range of a sorted set is chosen.</summary>
internal enum RangeBy
{
    /// <summary>Not said yet.</summary>
    Unknown,

    /// <summary>Ranks.</summary>
    Rank,

    /// <summary>Scores.</summary>
    Score,

    /// <summary>Members.</summary>
    Member,
}

/// <summary>A range of a sorted set as a command asks for it: source, two ends, options.</summary>
internal ref struct RangeRequest
{
    private readonly CommandContext _c;
    private readonly int _source;
    private RangeBy _by;
    private long _offset;
    private long _limit = -1;
    private long _start;
    private long _stop;
    private ScoreRange _scores;
    private LexRange _members;

    private RangeRequest(CommandContext c, int source, RangeBy by, bool isReverse)
    {
        _c = c;
        _source = source;
        _by = by;
        IsReverse = isReverse;
    }

    /// <summary>By what the range is chosen.</summary>
    public readonly RangeBy By => _by;

    /// <summary>Whether the highest comes first.</summary>
    public bool IsReverse { get; private set; }

    /// <summary>Whether scores are wanted.</summary>
    public bool WithScores { get; private set; }

    /// <summary>Reads a request; replies the error and returns false when it makes no sense.</summary>
    /// <param name="c">The command.</param>
    /// <param name="source">The argument that names the set; the ends follow it.</param>
    /// <param name="by">What the command chooses by; unknown when its options say it, as they then say the direction.</param>
    /// <param name="isReverse">The direction.</param>
    /// <param name="stores">Whether the range is to be stored: then scores need not be asked for.</param>
    /// <param name="request">The request.</param>
    public static bool TryRead(CommandContext c, int source, RangeBy by, bool isReverse, bool stores, out RangeRequest request)
    {
        request = new RangeRequest(c, source, by, isReverse);
        return request.TryReadOptions(mayChoose: by == RangeBy.Unknown, stores) && request.TryReadEnds();
    }

    /// <summary>Which members of a set are meant.</summary>
    public readonly RankRange In(in SortedSetReader set)
    {
        long count = set.Count;
        if (_by == RangeBy.Rank)
        {
            RankRange ranks = Ranks(_start, _stop, count);
            return IsReverse && ranks.Count > 0 ? new RankRange(count - 1 - ranks.Last, ranks.Count) : ranks;
        }
        RankRange range = _by == RangeBy.Score ? set.InRange(_scores) : set.InRange(_members, IsReverse);
        return Limit(range, _offset < 0 && !set.IsPack ? range.Count + _offset : _offset);
    }

    /// <summary>
    /// What LIMIT leaves. A negative offset counts from the other end of the range; that of a small set, which is
    /// passed on as it came, is none in it.
    /// </summary>
    private readonly RankRange Limit(RankRange range, long offset)
    {
        if (offset < 0 || offset >= range.Count) return default;
        long taken = range.Count - offset;
        if (_limit >= 0) taken = Math.Min(taken, _limit);
        return new RankRange(IsReverse ? range.Last - offset - taken + 1 : range.First + offset, taken);
    }

    /// <summary>The ranks from one to another, both of which may count from the end.</summary>
    public static RankRange Ranks(long start, long stop, long count)
    {
        if (start < 0) start = Math.Max(count + start, 0);
        if (stop < 0) stop = count + stop;
        if (start > stop || start >= count) return default;
        return new RankRange(start, Math.Min(stop, count - 1) - start + 1);
    }

    private bool TryReadOptions(bool mayChoose, bool stores)
    {
        for (int i = _source + 3; i < _c.ArgCount; i++)
        {
            if (!stores && _c.ArgIs(i, "withscores"u8))
            {
                WithScores = true;
            }
            else if (_c.ArgIs(i, "limit"u8) && i + 2 < _c.ArgCount)
            {
                if (!SortedSetArgument.TryReadInteger(_c, ++i, out _offset) || !SortedSetArgument.TryReadInteger(_c, ++i, out _limit)) return false;
            }
            else if (mayChoose && !IsReverse && _c.ArgIs(i, "rev"u8))
            {
                IsReverse = true;
            }
            else if (_by == RangeBy.Unknown && _c.ArgIs(i, "bylex"u8))
            {
                _by = RangeBy.Member;
            }
            else if (_by == RangeBy.Unknown && _c.ArgIs(i, "byscore"u8))
            {
                _by = RangeBy.Score;
            }
            else
            {
                return Refuse(CommandErrors.Syntax);
            }
        }
        if (_by == RangeBy.Unknown) _by = RangeBy.Rank;
        if (_limit != -1 && _by == RangeBy.Rank)
            return Refuse("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8);
        if (WithScores && _by == RangeBy.Member)
            return Refuse("ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8);
        return true;
    }

    /// <summary>The higher end of a range of scores or members that is read backwards comes first.</summary>
    private bool TryReadEnds()
    {
        int min = _source + 1, max = _source + 2;
        if (_by == RangeBy.Rank)
            return SortedSetArgument.TryReadInteger(_c, min, out _start) && SortedSetArgument.TryReadInteger(_c, max, out _stop);
        if (IsReverse) (min, max) = (max, min);
        return _by == RangeBy.Score
            ? SortedSetArgument.TryReadScores(_c, min, max, out _scores)
            : SortedSetArgument.TryReadMembers(_c, min, max, out _members);
    }

    private readonly bool Refuse(ReadOnlySpan<byte> error)
    {
        _c.Reply.Error(error);
        return false;
    }
}
