namespace Sigrun.Types.Geo;

/// <summary>A place on the Earth, in degrees.</summary>
/// <param name="Longitude">From −180 to 180.</param>
/// <param name="Latitude">Between the two parallels where the Mercator map ends.</param>
internal readonly record struct GeoPosition(double Longitude, double Latitude)
{
    /// <summary>The easternmost longitude; the westernmost is its negative.</summary>
    public const double LongitudeMax = 180;

    /// <summary>The northernmost latitude; the southernmost is its negative.</summary>
    public const double LatitudeMax = 85.05112878;

    private const double EarthRadiusMeters = 6372797.560856;
    private const double RadiansPerDegree = Math.PI / 180.0;

    /// <summary>Sines of half the difference of longitudes up to this are none: it is some nanometres.</summary>
    private const double SineMin = 1e-15;

    /// <summary>Whether there is such a place on the map.</summary>
    public bool IsOnMap => IsWithin(Longitude, LongitudeMax) && IsWithin(Latitude, LatitudeMax);

    /// <summary>The nearest place that is on the map.</summary>
    public GeoPosition Clamped() => new(
        Math.Clamp(Longitude, -LongitudeMax, LongitudeMax), Math.Clamp(Latitude, -LatitudeMax, LatitudeMax));

    /// <summary>The score of a member at this place.</summary>
    public ulong Score => GeoCell.Around(this, GeoCell.StepsMax).Bits;

    /// <summary>The place of a member with this score: the middle of the smallest cell that it was in.</summary>
    public static GeoPosition OfScore(double score) => GeoCell.OfScore(score).Area.Middle;

    /// <summary>Degrees as radians.</summary>
    public static double Radians(double degrees) => degrees * RadiansPerDegree;

    /// <summary>Radians as degrees.</summary>
    public static double Degrees(double radians) => radians / RadiansPerDegree;

    /// <summary>The angle of an arc, in degrees.</summary>
    /// <param name="meters">The arc.</param>
    /// <param name="radius">The radius of its circle, 1 for a great one.</param>
    public static double ArcDegrees(double meters, double radius = 1) => Degrees(meters / EarthRadiusMeters / radius);

    /// <summary>The distance in metres along the surface, the Earth taken as a sphere.</summary>
    public double DistanceTo(GeoPosition other)
    {
        double longitude = Radians(Longitude);
        double otherLongitude = Radians(other.Longitude);
        double v = Math.Sin((otherLongitude - longitude) / 2);
        if (Math.Abs(v) <= SineMin) return DistanceBetweenLatitudes(Latitude, other.Latitude);
        double latitude = Radians(Latitude);
        double otherLatitude = Radians(other.Latitude);
        double u = Math.Sin((otherLatitude - latitude) / 2);
        double a = u * u + Math.Cos(latitude) * Math.Cos(otherLatitude) * v * v;
        return 2.0 * EarthRadiusMeters * Math.Asin(Math.Sqrt(a));
    }

    /// <summary>The distance in metres along a meridian.</summary>
    public static double DistanceBetweenLatitudes(double latitude, double other) =>
        EarthRadiusMeters * Math.Abs(Radians(other) - Radians(latitude));

    private static bool IsWithin(double value, double max) => value >= -max && value <= max;
}
