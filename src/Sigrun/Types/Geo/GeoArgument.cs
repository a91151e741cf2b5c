using System.Globalization;
using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.Geo;

/// <summary>Arguments that commands on places have in common; each reader replies the error when it cannot read.</summary>
internal static class GeoArgument
{
    /// <summary>A longitude and a latitude.</summary>
    public static bool TryReadPosition(CommandContext c, int index, out GeoPosition position)
    {
        position = default;
        if (!TryReadNumber(c, index, CommandErrors.NotAFloat, out double longitude)) return false;
        if (!TryReadNumber(c, index + 1, CommandErrors.NotAFloat, out double latitude)) return false;
        position = new GeoPosition(longitude, latitude);
        if (position.IsOnMap) return true;
        c.Reply.Error($"ERR invalid longitude,latitude pair {SixDigits(longitude)},{SixDigits(latitude)}");
        return false;
    }

    /// <summary>A number, or the error for what is none.</summary>
    public static bool TryReadNumber(CommandContext c, int index, ReadOnlySpan<byte> error, out double value)
    {
        if (DoubleText.TryRead(c.Arg(index), out value)) return true;
        c.Reply.Error(error);
        return false;
    }

    /// <summary>A unit, as metres.</summary>
    public static bool TryReadUnit(CommandContext c, int index, out double meters)
    {
        meters = 1;
        if (c.ArgIs(index, "m"u8)) return true;
        meters = 1000;
        if (c.ArgIs(index, "km"u8)) return true;
        meters = 0.3048;
        if (c.ArgIs(index, "ft"u8)) return true;
        meters = 1609.34;
        if (c.ArgIs(index, "mi"u8)) return true;
        c.Reply.Error("ERR unsupported unit provided. please use M, KM, FT, MI"u8);
        return false;
    }

    /// <summary>The place of a member.</summary>
    public static bool TryReadMember(CommandContext c, EntryRef set, int index, out GeoPosition position)
    {
        if (TryFind(c, set, index, out position)) return true;
        string member = System.Text.Encoding.Latin1.GetString(CommandErrors.UpToNul(c.Arg(index)));
        c.Reply.Error($"ERR member {member} does not exist");
        return false;
    }

    /// <summary>The place of a member, without a reply when there is none; the set may be missing too.</summary>
    public static bool TryFind(CommandContext c, EntryRef set, int index, out GeoPosition position)
    {
        position = default;
        if (set.IsNull || !new SortedSetReader(c.Engine.Heap, set).TryGetScore(c.Arg(index), out double score)) return false;
        position = GeoPosition.OfScore(score);
        return true;
    }

    private static string SixDigits(double value) =>
        double.IsInfinity(value) ? (value > 0 ? "inf" : "-inf") : value.ToString("F6", CultureInfo.InvariantCulture);
}
