namespace Sigrun.Types.Geo;

/// <summary>What lies between two meridians and two parallels.</summary>
/// <param name="West">The least longitude.</param>
/// <param name="South">The least latitude.</param>
/// <param name="East">The greatest longitude.</param>
/// <param name="North">The greatest latitude.</param>
internal readonly record struct GeoArea(double West, double South, double East, double North)
{
    /// <summary>The whole map.</summary>
    public static GeoArea Map => new(
        -GeoPosition.LongitudeMax, -GeoPosition.LatitudeMax, GeoPosition.LongitudeMax, GeoPosition.LatitudeMax);

    /// <summary>The whole Earth, as geohash strings divide it.</summary>
    public static GeoArea Earth => new(-180, -90, 180, 90);

    /// <summary>The middle, on the map.</summary>
    public GeoPosition Middle => new GeoPosition((West + East) / 2, (South + North) / 2).Clamped();
}
