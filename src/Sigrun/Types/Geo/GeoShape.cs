namespace Sigrun.Types.Geo;

/// <summary>The forms of an area that is searched.</summary>
internal enum GeoShapeKind
{
    /// <summary>Not said.</summary>
    None,

    /// <summary>Everything within a distance.</summary>
    Circle,

    /// <summary>A rectangle whose sides run along meridians and parallels.</summary>
    Box,

    /// <summary>What lies inside a closed line.</summary>
    Polygon,
}

/// <summary>The area that a search is for.</summary>
internal ref struct GeoShape
{
    /// <summary>Its form.</summary>
    public GeoShapeKind Kind;

    /// <summary>Its middle.</summary>
    public GeoPosition Center;

    /// <summary>Metres in one of the units that its measures are in.</summary>
    public double MetersPerUnit;

    /// <summary>A circle's radius.</summary>
    public double Radius;

    /// <summary>A box's width.</summary>
    public double Width;

    /// <summary>A box's height.</summary>
    public double Height;

    /// <summary>A polygon's corners.</summary>
    public ReadOnlySpan<GeoPosition> Corners;

    /// <summary>Makes it a polygon; its middle is that of its corners on the sphere.</summary>
    public void SetPolygon(ReadOnlySpan<GeoPosition> corners)
    {
        Kind = GeoShapeKind.Polygon;
        MetersPerUnit = 1;
        Corners = corners;
        double x = 0, y = 0, z = 0;
        foreach (GeoPosition corner in corners)
        {
            double longitude = GeoPosition.Radians(corner.Longitude);
            double latitude = GeoPosition.Radians(corner.Latitude);
            x += Math.Cos(latitude) * Math.Cos(longitude);
            y += Math.Cos(latitude) * Math.Sin(longitude);
            z += Math.Sin(latitude);
        }
        Center = new GeoPosition(
            GeoPosition.Degrees(Math.Atan2(y, x)), GeoPosition.Degrees(Math.Atan2(z, Math.Sqrt(x * x + y * y))));
    }

    /// <summary>Whether a place lies in the area, and how many metres it is from the middle.</summary>
    public readonly bool Contains(GeoPosition position, out double distance)
    {
        distance = 0;
        switch (Kind)
        {
            case GeoShapeKind.Circle:
                distance = Center.DistanceTo(position);
                return distance <= Radius * MetersPerUnit;
            case GeoShapeKind.Box:
                if (GeoPosition.DistanceBetweenLatitudes(position.Latitude, Center.Latitude) > Height * MetersPerUnit / 2) return false;
                var beside = new GeoPosition(Center.Longitude, position.Latitude);
                if (position.DistanceTo(beside) > Width * MetersPerUnit / 2) return false;
                break;
            default:
                if (!IsInsidePolygon(position)) return false;
                break;
        }
        distance = Center.DistanceTo(position);
        return true;
    }

    /// <summary>The bounds of the area.</summary>
    public readonly GeoArea Bounds
    {
        get
        {
            if (Kind == GeoShapeKind.Polygon) return BoundsOfCorners();
            bool isCircle = Kind == GeoShapeKind.Circle;
            double height = isCircle ? MetersPerUnit * Radius : MetersPerUnit * Height / 2;
            double width = isCircle ? MetersPerUnit * Radius : MetersPerUnit * Width / 2;
            double rise = GeoPosition.ArcDegrees(height);
            // Parallels become shorter towards the poles: the one nearest to a pole decides.
            double widest = Center.Latitude < 0 ? Center.Latitude - rise : Center.Latitude + rise;
            double reach = GeoPosition.ArcDegrees(width, Math.Cos(GeoPosition.Radians(widest)));
            return new GeoArea(Center.Longitude - reach, Center.Latitude - rise, Center.Longitude + reach, Center.Latitude + rise);
        }
    }

    /// <summary>Metres from the middle within which the whole area is sure to lie.</summary>
    public readonly double ReachMeters(GeoArea bounds)
    {
        double reach = Kind switch
        {
            GeoShapeKind.Circle => Radius,
            GeoShapeKind.Box => Math.Sqrt(Width / 2 * (Width / 2) + Height / 2 * (Height / 2)),
            _ => Math.Max(
                Math.Max(Center.DistanceTo(new(bounds.West, bounds.North)), Center.DistanceTo(new(bounds.East, bounds.North))),
                Math.Max(Center.DistanceTo(new(bounds.West, bounds.South)), Center.DistanceTo(new(bounds.East, bounds.South)))),
        };
        return reach * MetersPerUnit;
    }

    private readonly GeoArea BoundsOfCorners()
    {
        double west = GeoPosition.LongitudeMax, south = GeoPosition.LatitudeMax, east = -west, north = -south;
        foreach (GeoPosition corner in Corners)
        {
            west = Math.Min(west, corner.Longitude);
            east = Math.Max(east, corner.Longitude);
            south = Math.Min(south, corner.Latitude);
            north = Math.Max(north, corner.Latitude);
        }
        return new GeoArea(west, south, east, north);
    }

    /// <summary>Whether a line from the place to the east crosses the sides an odd number of times.</summary>
    private readonly bool IsInsidePolygon(GeoPosition position)
    {
        bool isInside = false;
        GeoPosition last = Corners[^1];
        foreach (GeoPosition corner in Corners)
        {
            bool passes = corner.Latitude > position.Latitude != last.Latitude > position.Latitude;
            if (passes && position.Longitude < (last.Longitude - corner.Longitude) * (position.Latitude - corner.Latitude)
                / (last.Latitude - corner.Latitude) + corner.Longitude) isInside = !isInside;
            last = corner;
        }
        return isInside;
    }
}
