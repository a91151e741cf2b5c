namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>One end of a range of members: a member, which may be excluded, or no bound in either direction.</summary>
public readonly ref struct LexBound
{
    private readonly sbyte _infinity;

    private LexBound(ReadOnlySpan<byte> member, bool isExcluded, sbyte infinity)
    {
        Member = member;
        IsExcluded = isExcluded;
        _infinity = infinity;
    }

    /// <summary>In front of every member.</summary>
    public static LexBound Lowest => new([], true, -1);

    /// <summary>Behind every member.</summary>
    public static LexBound Highest => new([], true, 1);

    /// <summary>At a member.</summary>
    public static LexBound At(ReadOnlySpan<byte> member, bool isExcluded) => new(member, isExcluded, 0);

    /// <summary>The member.</summary>
    public ReadOnlySpan<byte> Member { get; }

    /// <summary>Whether the member itself is not in the range.</summary>
    public bool IsExcluded { get; }

    /// <summary>Whether this is in front of every member.</summary>
    public bool IsLowest => _infinity < 0;

    /// <summary>Whether this is behind every member.</summary>
    public bool IsHighest => _infinity > 0;

    /// <summary>How it compares with another: less than, equal to or greater than 0.</summary>
    public int CompareTo(in LexBound other) => _infinity == 0 && other._infinity == 0
        ? Member.SequenceCompareTo(other.Member)
        : _infinity.CompareTo(other._infinity);

    /// <summary>Whether a member is behind this as the lower end of a range.</summary>
    public bool AdmitsAbove(ReadOnlySpan<byte> member)
    {
        if (_infinity != 0) return _infinity < 0;
        int order = member.SequenceCompareTo(Member);
        return order > 0 || (order == 0 && !IsExcluded);
    }

    /// <summary>Whether a member is in front of this as the upper end of a range.</summary>
    public bool AdmitsBelow(ReadOnlySpan<byte> member)
    {
        if (_infinity != 0) return _infinity > 0;
        int order = member.SequenceCompareTo(Member);
        return order < 0 || (order == 0 && !IsExcluded);
    }
}

/// <summary>A range of members in the order of their bytes; it makes sense where all scores are equal.</summary>
public readonly ref struct LexRange(LexBound min, LexBound max)
{
    /// <summary>The lower end.</summary>
    public LexBound Min { get; } = min;

    /// <summary>The upper end.</summary>
    public LexBound Max { get; } = max;

    /// <summary>Whether no member can be in it.</summary>
    public bool IsEmpty
    {
        get
        {
            int order = Min.CompareTo(Max);
            return order > 0 || (order == 0 && (Min.IsExcluded || Max.IsExcluded));
        }
    }
}
