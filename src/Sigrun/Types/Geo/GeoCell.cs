namespace Sigrun.Types.Geo;

/// <summary>
/// A part of the map that comes of halving it in turns: at every step a bit for the longitude and one for the latitude.
/// </summary>
/// <remarks>
/// Bits of both are interleaved, longitudes in the odd places, so that all places in a cell have scores in one range:
/// those that begin with the cell's bits.
/// </remarks>
/// <param name="Bits">Two bits per step, those of the first step highest.</param>
/// <param name="Steps">How often the map was halved either way; 0 for no cell.</param>
internal readonly record struct GeoCell(ulong Bits, int Steps)
{
    /// <summary>The steps of a score: 52 bits, which a double holds exactly.</summary>
    public const int StepsMax = 26;

    private const ulong LatitudeBits = 0x5555555555555555;
    private const ulong LongitudeBits = LatitudeBits << 1;
    private const int ScoreBits = 2 * StepsMax;

    /// <summary>Whether there is none.</summary>
    public bool IsNone => Steps == 0 && Bits == 0;

    /// <summary>The least score of a place in the cell.</summary>
    public ulong FirstScore => Bits << (ScoreBits - 2 * Steps);

    /// <summary>The least score behind those of the cell.</summary>
    public ulong EndScore => (Bits + 1) << (ScoreBits - 2 * Steps);

    /// <summary>The cell's bounds.</summary>
    public GeoArea Area
    {
        get
        {
            GeoArea map = GeoArea.Map;
            (uint latitude, uint longitude) = Separate(Bits);
            double cells = 1UL << Steps;
            double height = map.North - map.South;
            double width = map.East - map.West;
            // Behind the last one comes the first again, should a score be that of no place.
            return new GeoArea(
                map.West + longitude / cells * width,
                map.South + latitude / cells * height,
                map.West + unchecked(longitude + 1) / cells * width,
                map.South + unchecked(latitude + 1) / cells * height);
        }
    }

    /// <summary>The cell that a place on the map is in.</summary>
    public static GeoCell Around(GeoPosition position, int steps) => Around(position, steps, GeoArea.Map);

    /// <summary>The cell that a place is in, of cells that divide another area.</summary>
    public static GeoCell Around(GeoPosition position, int steps, GeoArea divided)
    {
        double latitude = (position.Latitude - divided.South) / (divided.North - divided.South);
        double longitude = (position.Longitude - divided.West) / (divided.East - divided.West);
        double cells = 1UL << steps;
        return new GeoCell(Interleave((uint)(latitude * cells), (uint)(longitude * cells)), steps);
    }

    /// <summary>The smallest cell with this score.</summary>
    public static GeoCell OfScore(double score)
    {
        const double SignedEnd = 9223372036854775808.0;
        const double End = 18446744073709551616.0;
        // Any number may be a score: those that are no places are read as processors make whole numbers of them.
        ulong bits = score < SignedEnd ? unchecked((ulong)(long)score) : score < End ? (ulong)score : 0;
        return new GeoCell(bits, StepsMax);
    }

    /// <summary>The cell some cells to the east and north of this one; the map goes on at its other side.</summary>
    public GeoCell Neighbour(int east, int north)
    {
        ulong mask = Steps == 0 ? 0 : ulong.MaxValue >> (64 - 2 * Steps);
        ulong longitude = Move(Bits & LongitudeBits, LatitudeBits & mask, east) & LongitudeBits & mask;
        ulong latitude = Move(Bits & LatitudeBits, LongitudeBits & mask, north) & LatitudeBits & mask;
        return this with { Bits = longitude | latitude };
    }

    /// <summary>Puts the bits of two numbers next to each other, those of the first in the even places.</summary>
    public static ulong Interleave(uint even, uint odd) => Spread(even) | Spread(odd) << 1;

    /// <summary>Takes the two numbers apart again.</summary>
    public static (uint Even, uint Odd) Separate(ulong bits) => (Gather(bits), Gather(bits >> 1));

    /// <summary>Adds to a number whose bits have gaps between them: ones in the gaps pass the carry on.</summary>
    private static ulong Move(ulong bits, ulong gaps, int by) => by switch
    {
        > 0 => bits + (gaps + 1),
        < 0 => (bits | gaps) - (gaps + 1),
        _ => bits,
    };

    private static ulong Spread(uint value)
    {
        ulong x = value;
        x = (x | x << 16) & 0x0000FFFF0000FFFF;
        x = (x | x << 8) & 0x00FF00FF00FF00FF;
        x = (x | x << 4) & 0x0F0F0F0F0F0F0F0F;
        x = (x | x << 2) & 0x3333333333333333;
        return (x | x << 1) & LatitudeBits;
    }

    private static uint Gather(ulong x)
    {
        x &= LatitudeBits;
        x = (x | x >> 1) & 0x3333333333333333;
        x = (x | x >> 2) & 0x0F0F0F0F0F0F0F0F;
        x = (x | x >> 4) & 0x00FF00FF00FF00FF;
        x = (x | x >> 8) & 0x0000FFFF0000FFFF;
        return (uint)(x | x >> 16);
    }
}
