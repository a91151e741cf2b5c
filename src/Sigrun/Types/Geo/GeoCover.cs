using System.Runtime.CompilerServices;

namespace Sigrun.Types.Geo;

/// <summary>The cells in which the members of an area have to be looked for: the one of its middle and those around it.</summary>
/// <remarks>
/// Cells are chosen as small as they can be while nine of them cover the area. Those that lie beyond its bounds are
/// left out. In the order in which other servers go through them, since a search that stops early finds the same then.
/// </remarks>
internal struct GeoCover
{
    /// <summary>Most cells.</summary>
    public const int CellsMax = 9;

    /// <summary>Half the length of the equator on the map, in metres.</summary>
    private const double MapReach = 20037726.37;

    private Cells _cells;

    /// <summary>Covers an area.</summary>
    public GeoCover(in GeoShape shape)
    {
        GeoArea bounds = shape.Bounds;
        GeoPosition center = shape.Center.Clamped();
        int steps = StepsFor(shape.ReachMeters(bounds), center.Latitude);
        GeoCell cell = GeoCell.Around(center, steps);
        if (steps > 1 && !Covers(cell, bounds)) cell = GeoCell.Around(center, --steps);
        GeoArea area = cell.Area;
        bool isSmall = steps >= 2;
        bool north = !(isSmall && area.North > bounds.North);
        bool south = !(isSmall && area.South < bounds.South);
        bool east = !(isSmall && area.East > bounds.East);
        bool west = !(isSmall && area.West < bounds.West);
        _cells[0] = cell;
        if (north) _cells[1] = cell.Neighbour(0, 1);
        if (south) _cells[2] = cell.Neighbour(0, -1);
        if (east) _cells[3] = cell.Neighbour(1, 0);
        if (west) _cells[4] = cell.Neighbour(-1, 0);
        if (north && east) _cells[5] = cell.Neighbour(1, 1);
        if (north && west) _cells[6] = cell.Neighbour(-1, 1);
        if (south && east) _cells[7] = cell.Neighbour(1, -1);
        if (south && west) _cells[8] = cell.Neighbour(-1, -1);
        RemoveRepeated();
    }

    /// <summary>One cell; there may be none.</summary>
    public readonly GeoCell this[int index] => _cells[index];

    /// <summary>How often the map is halved so that cells are larger than the area.</summary>
    private static int StepsFor(double reachMeters, double latitude)
    {
        if (reachMeters == 0) return GeoCell.StepsMax;
        int steps = 1;
        for (; reachMeters < MapReach; reachMeters *= 2) steps++;
        steps -= 2;
        // Towards the poles cells become narrow.
        double fromEquator = Math.Abs(latitude);
        if (fromEquator > 66) steps--;
        if (fromEquator > 80) steps--;
        return Math.Clamp(steps, 1, GeoCell.StepsMax);
    }

    private static bool Covers(GeoCell cell, GeoArea bounds) =>
        !(cell.Neighbour(0, 1).Area.North < bounds.North)
        && !(cell.Neighbour(0, -1).Area.South > bounds.South)
        && !(cell.Neighbour(1, 0).Area.East < bounds.East)
        && !(cell.Neighbour(-1, 0).Area.West > bounds.West);

    /// <summary>Where cells are so large that there are few, neighbours on either side are the same one.</summary>
    private void RemoveRepeated()
    {
        int last = 0;
        for (int i = 1; i < CellsMax; i++)
        {
            if (_cells[i].IsNone) continue;
            if (last > 0 && _cells[i] == _cells[last]) _cells[i] = default;
            else last = i;
        }
    }

    [InlineArray(CellsMax)]
    private struct Cells
    {
        private GeoCell _first;
    }
}
