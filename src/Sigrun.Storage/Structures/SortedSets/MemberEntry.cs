using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>
/// A member of a large sorted set with its score: one block, to which the hash table and the tree refer.
/// </summary>
/// <remarks>
/// <code>
/// 0   score, 8 bytes
/// 8   length, 1 byte; 255: four bytes of length follow
///     the member's bytes
/// </code>
/// A member of 17 bytes takes 26 bytes and a slot of 28. The score is here beside the tree's copy, since whoever comes
/// by the member's name wants it and needs it to find the place in the tree.
/// </remarks>
internal static unsafe class MemberEntry
{
    private const int ShortLengthMax = 254;
    private const int LongMark = 255;
    private const int ShortHeader = 9;
    private const int LongHeader = 13;

    public static byte* Create(Heap heap, ReadOnlySpan<byte> member, double score)
    {
        int header = member.Length <= ShortLengthMax ? ShortHeader : LongHeader;
        byte* entry = heap.Allocate((nuint)header + (nuint)member.Length);
        SetScore(entry, score);
        if (header == ShortHeader)
        {
            entry[8] = (byte)member.Length;
        }
        else
        {
            entry[8] = LongMark;
            Unsafe.WriteUnaligned(entry + ShortHeader, member.Length);
        }
        member.CopyTo(new Span<byte>(entry + header, member.Length));
        return entry;
    }

    /// <summary>A copy in another block.</summary>
    public static byte* Copy(Heap heap, byte* entry)
    {
        ReadOnlySpan<byte> member = Member(entry);
        return Create(heap, member, Score(entry));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Score(byte* entry) => Unsafe.ReadUnaligned<double>(entry);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetScore(byte* entry, double score) => Unsafe.WriteUnaligned(entry, score);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Member(byte* entry)
    {
        int length = entry[8];
        return length != LongMark
            ? new ReadOnlySpan<byte>(entry + ShortHeader, length)
            : new ReadOnlySpan<byte>(entry + LongHeader, Unsafe.ReadUnaligned<int>(entry + ShortHeader));
    }
}

/// <summary>How the hash table of a sorted set finds the member in an entry.</summary>
internal readonly unsafe struct MemberLayout : IEntryLayout
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(byte* entry) => MemberEntry.Member(entry);
}
