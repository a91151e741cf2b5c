using System.Buffers;
using System.Runtime.InteropServices;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.Geo;

/// <summary>A member that a search has found.</summary>
/// <param name="Position">Its place.</param>
/// <param name="Distance">Its distance from the middle in metres.</param>
/// <param name="Score">Its score.</param>
/// <param name="Index">The how manieth it was.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GeoPoint(GeoPosition Position, double Distance, double Score, int Index);

/// <summary>The members that a search has found; their names are in the engine's scan buffer.</summary>
internal ref struct GeoPoints(CommandContext c)
{
    private const int FirstCapacity = 64;

    private readonly ScanBuffer _members = c.Engine.ScanBuffer;
    private readonly Heap _heap = c.Engine.Heap;
    private GeoPoint[] _points = ArrayPool<GeoPoint>.Shared.Rent(FirstCapacity);
    private int _count;

    /// <summary>What was found.</summary>
    public readonly ReadOnlySpan<GeoPoint> Found => _points.AsSpan(0, _count);

    /// <summary>The name of a member.</summary>
    public readonly ReadOnlySpan<byte> Member(in GeoPoint point) => _members[point.Index];

    /// <summary>Gives the memory back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<GeoPoint>.Shared.Return(_points);
        _members.Clear();
    }

    /// <summary>Finds the members of an area.</summary>
    /// <param name="set">The set to search.</param>
    /// <param name="shape">The area.</param>
    /// <param name="enough">How many are enough; 0 for all.</param>
    public void Search(EntryRef set, in GeoShape shape, long enough)
    {
        _members.Clear();
        var reader = new SortedSetReader(_heap, set);
        var cover = new GeoCover(shape);
        for (int i = 0; i < GeoCover.CellsMax; i++)
        {
            if (enough > 0 && _count >= enough) return;
            if (!cover[i].IsNone) Search(reader, cover[i], shape, enough);
        }
    }

    /// <summary>Orders what was found by distance; equally far ones stay in the order in which they were found.</summary>
    public readonly void Sort(GeoOrder order)
    {
        Span<GeoPoint> found = _points.AsSpan(0, _count);
        if (order == GeoOrder.Ascending) found.Sort(static (a, b) => Compare(a.Distance, b.Distance, a.Index, b.Index));
        else if (order == GeoOrder.Descending) found.Sort(static (a, b) => Compare(b.Distance, a.Distance, a.Index, b.Index));
    }

    private static int Compare(double distance, double other, int index, int otherIndex)
    {
        int byDistance = distance.CompareTo(other);
        return byDistance != 0 ? byDistance : index.CompareTo(otherIndex);
    }

    private void Search(in SortedSetReader set, GeoCell cell, in GeoShape shape, long enough)
    {
        RankRange range = set.InRange(new ScoreRange(cell.FirstScore, false, cell.EndScore, true));
        if (range.Count == 0) return;
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        SortedSetCursor at = set.At(range.First);
        for (long left = range.Count; left > 0; left--, at.MoveNext())
        {
            double score = at.Score;
            GeoPosition position = GeoPosition.OfScore(score);
            if (!shape.Contains(position, out double distance)) continue;
            Add(new GeoPoint(position, distance, score, _count), at.GetMember(scratch));
            if (enough > 0 && _count >= enough) return;
        }
    }

    private void Add(in GeoPoint point, scoped ReadOnlySpan<byte> member)
    {
        if (_count == _points.Length)
        {
            GeoPoint[] larger = ArrayPool<GeoPoint>.Shared.Rent(_count * 2);
            _points.CopyTo(larger, 0);
            ArrayPool<GeoPoint>.Shared.Return(_points);
            _points = larger;
        }
        _members.Add(member);
        _points[_count++] = point;
    }
}
