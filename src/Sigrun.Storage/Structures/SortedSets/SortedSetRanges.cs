using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>A range of scores; each bound may be excluded.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ScoreRange(double Min, bool ExcludesMin, double Max, bool ExcludesMax)
{
    /// <summary>Whether no score can be in it.</summary>
    public bool IsEmpty => Min > Max || (Min == Max && (ExcludesMin || ExcludesMax));
}

/// <summary>Members by their rank: a first one, and how many.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RankRange(long First, long Count)
{
    /// <summary>The rank of the last one.</summary>
    public long Last => First + Count - 1;
}
