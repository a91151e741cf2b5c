using System.Globalization;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Types.Geo;

/// <summary>Coordinates, distances and geohash strings as clients get them.</summary>
internal static class GeoText
{
    /// <summary>The length of a geohash string.</summary>
    public const int HashLength = 11;

    private const int CoordinateMax = 40;
    private const int BitsPerCharacter = 5;

    private static ReadOnlySpan<byte> Alphabet => "0123456789bcdefghjkmnpqrstuvwxyz"u8;

    /// <summary>Replies a longitude and a latitude.</summary>
    public static void WritePosition(ReplyWriter reply, GeoPosition position)
    {
        reply.Array(2);
        WriteCoordinate(reply, position.Longitude);
        WriteCoordinate(reply, position.Latitude);
    }

    /// <summary>Replies a distance with four digits behind the point.</summary>
    public static void WriteDistance(ReplyWriter reply, double distance)
    {
        const int Scale = 10_000;
        const int Decimals = 4;
        double scaled = Math.Round(distance * Scale, MidpointRounding.ToEven);
        // What is too large for 64 bits is what the processor makes of such numbers.
        long value = scaled is >= long.MinValue and < long.MaxValue ? (long)scaled : long.MinValue;
        Span<byte> text = stackalloc byte[NumberText.Int64Max + 2];
        int length = 0;
        if (value < 0) text[length++] = (byte)'-';
        ulong magnitude = value < 0 ? 0 - (ulong)value : (ulong)value;
        length += NumberText.FormatInt64(text[length..], (long)(magnitude / Scale));
        text[length++] = (byte)'.';
        int fraction = (int)(magnitude % Scale);
        for (int i = Decimals - 1; i >= 0; i--, fraction /= 10) text[length + i] = (byte)('0' + fraction % 10);
        reply.Bulk(text[..(length + Decimals)]);
    }

    /// <summary>The geohash string of a place, which divides all the Earth and not only the map.</summary>
    public static void WriteHash(Span<byte> text, GeoPosition position)
    {
        ulong bits = GeoCell.Around(position, GeoCell.StepsMax, GeoArea.Earth).Bits;
        for (int i = 0; i < HashLength; i++)
        {
            // There are bits for ten characters and a part of the last, which is not told.
            int shift = 2 * GeoCell.StepsMax - (i + 1) * BitsPerCharacter;
            text[i] = shift < 0 ? Alphabet[0] : Alphabet[(int)(bits >> shift & 31)];
        }
    }

    /// <summary>Replies a number of degrees with up to 17 digits behind the point.</summary>
    private static void WriteCoordinate(ReplyWriter reply, double degrees)
    {
        Span<byte> text = stackalloc byte[CoordinateMax];
        degrees.TryFormat(text, out int length, "F17", CultureInfo.InvariantCulture);
        ReadOnlySpan<byte> trimmed = text[..length].TrimEnd((byte)'0').TrimEnd((byte)'.');
        if (trimmed.SequenceEqual("-0"u8)) trimmed = "0"u8;
        reply.Decimal(trimmed);
    }
}
