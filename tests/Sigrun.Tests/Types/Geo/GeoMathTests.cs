using System.Text;
using Sigrun.Types.Geo;

namespace Sigrun.Tests.Types.Geo;

/// <summary>Cells, distances and shapes, against naive code and against each other.</summary>
public sealed class GeoMathTests
{
    [Fact]
    public void Bits_of_two_numbers_alternate()
    {
        var random = new Random(1);
        for (int round = 0; round < 1000; round++)
        {
            uint even = (uint)random.NextInt64(1L << 32);
            uint odd = (uint)random.NextInt64(1L << 32);
            ulong expected = 0;
            for (int i = 0; i < 32; i++) expected |= ((ulong)(even >> i & 1) << (2 * i)) | ((ulong)(odd >> i & 1) << (2 * i + 1));
            Assert.Equal(expected, GeoCell.Interleave(even, odd));
            Assert.Equal((even, odd), GeoCell.Separate(expected));
        }
    }

    [Fact]
    public void A_cell_contains_its_place_and_borders_on_its_neighbours()
    {
        var random = new Random(2);
        for (int round = 0; round < 2000; round++)
        {
            GeoPosition position = RandomPosition(random, 179, 84);
            var cell = GeoCell.Around(position, random.Next(6, GeoCell.StepsMax + 1));
            GeoArea area = cell.Area;
            Assert.InRange(position.Longitude, area.West, area.East);
            Assert.InRange(position.Latitude, area.South, area.North);
            Assert.InRange(position.Score, cell.FirstScore, cell.EndScore - 1);
            if (Math.Abs(position.Longitude) > 170 || Math.Abs(position.Latitude) > 80) continue;
            Assert.Equal(area.East, cell.Neighbour(1, 0).Area.West);
            Assert.Equal(area.West, cell.Neighbour(-1, 0).Area.East);
            Assert.Equal(area.North, cell.Neighbour(0, 1).Area.South);
            Assert.Equal(area.South, cell.Neighbour(0, -1).Area.North);
            Assert.Equal(cell.Neighbour(1, 0).Neighbour(0, 1), cell.Neighbour(1, 1));
            Assert.Equal(cell.Neighbour(-1, 0).Neighbour(0, -1), cell.Neighbour(-1, -1));
        }
    }

    [Fact]
    public void The_map_goes_on_at_its_other_side()
    {
        GeoCell last = GeoCell.Around(new GeoPosition(179.99, 85), 4);
        Assert.Equal(GeoCell.Around(new GeoPosition(-179.99, 85), 4), last.Neighbour(1, 0));
        Assert.Equal(GeoCell.Around(new GeoPosition(179.99, -85), 4), last.Neighbour(0, 1));
        Assert.Equal(last, last.Neighbour(1, 1).Neighbour(-1, -1));
    }

    [Fact]
    public void A_score_leads_back_to_its_place()
    {
        var random = new Random(3);
        for (int round = 0; round < 2000; round++)
        {
            GeoPosition position = RandomPosition(random, 180, GeoPosition.LatitudeMax);
            GeoPosition back = GeoPosition.OfScore(position.Score);
            Assert.InRange(Math.Abs(back.Longitude - position.Longitude), 0, 3e-6);
            Assert.InRange(Math.Abs(back.Latitude - position.Latitude), 0, 2e-6);
            Assert.InRange(position.DistanceTo(back), 0, 0.6);
        }
    }

    [Theory]
    [InlineData(13.361389, 38.115556, 3479099956230698)]
    [InlineData(15.087269, 37.502669, 3479447370796909)]
    [InlineData(-180, -85.05112878, 0)]
    [InlineData(0, 0, 3377699720527872)]
    public void Scores_are_known(double longitude, double latitude, long score) =>
        Assert.Equal((ulong)score, new GeoPosition(longitude, latitude).Score);

    /// <summary>Any number can be a score: none leads off the map.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    [InlineData(0.5)]
    [InlineData(9007199254740992)]
    [InlineData(18446744073709551615.0)]
    public void Odd_scores_lead_somewhere_on_the_map(double score) => Assert.True(GeoPosition.OfScore(score).IsOnMap);

    [Fact]
    public void Distances_are_those_on_a_sphere()
    {
        GeoPosition palermo = GeoPosition.OfScore(3479099956230698);
        GeoPosition catania = GeoPosition.OfScore(3479447370796909);
        Assert.Equal(166274.1516, palermo.DistanceTo(catania), 4);
        Assert.Equal(palermo.DistanceTo(catania), catania.DistanceTo(palermo), 6);
        Assert.Equal(0, palermo.DistanceTo(palermo));
        Assert.Equal(Math.PI * 6372797.560856, new GeoPosition(0, 0).DistanceTo(new GeoPosition(180, 0)), 3);
        Assert.Equal(Math.PI * 6372797.560856 / 2, new GeoPosition(10, -45).DistanceTo(new GeoPosition(10, 45)), 3);
    }

    [Theory]
    [InlineData(13.361389, 38.115556, "sqc8b49rny0")]
    [InlineData(15.087269, 37.502669, "sqdtr74hyu0")]
    public void Geohash_strings_are_those_of_everybody(double longitude, double latitude, string hash)
    {
        Span<byte> text = stackalloc byte[GeoText.HashLength];
        GeoText.WriteHash(text, GeoPosition.OfScore(new GeoPosition(longitude, latitude).Score));
        Assert.Equal(hash, Encoding.ASCII.GetString(text));
    }

    /// <summary>Whatever lies in an area is in one of the cells that are searched, away from the edges of the map.</summary>
    [Theory]
    [InlineData(GeoShapeKind.Circle, 1)]
    [InlineData(GeoShapeKind.Box, 2)]
    [InlineData(GeoShapeKind.Polygon, 3)]
    public void Cells_cover_areas(object kind, int seed)
    {
        var random = new Random(seed);
        int inside = 0;
        GeoPosition[] corners = new GeoPosition[6];
        for (int round = 0; round < 400; round++)
        {
            GeoPosition center = RandomPosition(random, 120, 55);
            double meters = Math.Pow(10, random.NextDouble() * 4 + 2);
            GeoShape shape = Shape(random, (GeoShapeKind)kind, center, meters, corners);
            var cover = new GeoCover(shape);
            GeoArea bounds = shape.Bounds;
            for (int i = 0; i < 50; i++)
            {
                double east = (random.NextDouble() - 0.5) * 2.5;
                double north = (random.NextDouble() - 0.5) * 2.5;
                var position = new GeoPosition(
                    shape.Center.Longitude + east * (bounds.East - bounds.West) / 2,
                    shape.Center.Latitude + north * (bounds.North - bounds.South) / 2);
                position = GeoPosition.OfScore(position.Score);
                if (!shape.Contains(position, out double distance)) continue;
                inside++;
                Assert.Equal(shape.Center.DistanceTo(position), distance);
                Assert.True(IsCovered(cover, position.Score), $"round {round}: {position}");
            }
        }
        Assert.True(inside > 1000);
    }

    [Fact]
    public void No_cell_is_searched_twice()
    {
        var random = new Random(4);
        for (int round = 0; round < 500; round++)
        {
            GeoShape shape = Shape(random, GeoShapeKind.Circle, RandomPosition(random, 180, 85), Math.Pow(10, random.NextDouble() * 8), []);
            var cover = new GeoCover(shape);
            var ranges = new List<(ulong First, ulong End)>();
            for (int i = 0; i < GeoCover.CellsMax; i++)
            {
                if (!cover[i].IsNone) ranges.Add((cover[i].FirstScore, cover[i].EndScore));
            }
            ranges.Sort();
            for (int i = 1; i < ranges.Count; i++) Assert.True(ranges[i].First >= ranges[i - 1].End);
        }
    }

    /// <summary>A square as a polygon holds what the square holds.</summary>
    [Fact]
    public void Polygons_hold_what_lies_inside_them()
    {
        GeoPosition[] corners = [new(10, 10), new(20, 10), new(20, 20), new(10, 20)];
        var shape = new GeoShape();
        shape.SetPolygon(corners);
        Assert.Equal(15, shape.Center.Longitude, 6);
        Assert.InRange(shape.Center.Latitude, 15, 15.2);
        var random = new Random(5);
        for (int i = 0; i < 1000; i++)
        {
            var position = new GeoPosition(random.NextDouble() * 20 + 5, random.NextDouble() * 20 + 5);
            bool isInside = position.Longitude is > 10 and < 20 && position.Latitude is > 10 and < 20;
            Assert.Equal(isInside, shape.Contains(position, out _));
        }
    }

    private static GeoShape Shape(Random random, GeoShapeKind kind, GeoPosition center, double meters, Span<GeoPosition> corners)
    {
        var shape = new GeoShape { Kind = kind, Center = center, MetersPerUnit = 1, Radius = meters };
        if (kind == GeoShapeKind.Box) (shape.Width, shape.Height) = (meters * (0.2 + random.NextDouble()), meters);
        if (kind != GeoShapeKind.Polygon) return shape;
        double degrees = meters / 111_000;
        for (int i = 0; i < corners.Length; i++)
        {
            double angle = Math.PI * 2 * (i + random.NextDouble() / 2) / corners.Length;
            corners[i] = new GeoPosition(center.Longitude + Math.Sin(angle) * degrees, center.Latitude + Math.Cos(angle) * degrees);
        }
        shape.SetPolygon(corners);
        return shape;
    }

    private static bool IsCovered(in GeoCover cover, ulong score)
    {
        for (int i = 0; i < GeoCover.CellsMax; i++)
        {
            if (!cover[i].IsNone && score >= cover[i].FirstScore && score < cover[i].EndScore) return true;
        }
        return false;
    }

    private static GeoPosition RandomPosition(Random random, double longitudeMax, double latitudeMax) => new(
        (random.NextDouble() * 2 - 1) * longitudeMax, (random.NextDouble() * 2 - 1) * latitudeMax);
}
