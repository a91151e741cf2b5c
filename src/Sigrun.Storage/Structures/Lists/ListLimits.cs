namespace Sigrun.Storage.Structures.Lists;

/// <summary>What decides how a list is kept.</summary>
/// <param name="MaxListpackSize">
/// Elements in a listpack, or (negative) its size: −1 is 4 KB and each step down doubles it, up to −5 for 64 KB.
/// </param>
/// <param name="CompressDepth">Nodes at either end of a list that are never compressed; 0 compresses none.</param>
/// <param name="PackedThreshold">Elements from this length on get a node of their own; 0: those that no listpack may hold.</param>
public readonly record struct ListLimits(int MaxListpackSize, int CompressDepth, long PackedThreshold = 0)
{
    /// <summary>With a limit of elements a listpack does not grow beyond this size either.</summary>
    private const int CountedBytesMax = 8192;

    private const int SizeClassBytes = 4096;
    private const int SizeClassMin = -5;

    /// <summary>Whether a listpack of that size and count is too large, for a list that may or a node that might become one.</summary>
    public static bool Exceeds(int maxListpackSize, long bytes, long count) => maxListpackSize < 0
        ? bytes > SizeLimit(maxListpackSize)
        : bytes > CountedBytesMax || count > CountLimit(maxListpackSize);

    /// <summary>
    /// Whether a listpack that a large list has shrunk to fits a small list. Half of the limit must be free, so that a
    /// list about that large is not converted again and again.
    /// </summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="count">Its elements.</param>
    /// <param name="needsSlack">Whether half must be free.</param>
    public bool FitsSmallList(long bytes, long count, bool needsSlack)
    {
        int shift = needsSlack ? 1 : 0;
        return MaxListpackSize < 0 ? bytes <= SizeLimit(MaxListpackSize) >> shift : count <= CountLimit(MaxListpackSize) >> shift;
    }

    /// <summary>Whether an element of that length gets a node of its own.</summary>
    public bool IsLarge(int maxListpackSize, int length)
    {
        if (PackedThreshold != 0) return length >= PackedThreshold;
        return length > (maxListpackSize < 0 ? SizeLimit(maxListpackSize) : CountedBytesMax);
    }

    private static int SizeLimit(int sizeClass) => SizeClassBytes << (-Math.Max(sizeClass, SizeClassMin) - 1);

    private static int CountLimit(int count) => Math.Max(count, 1);
}
