using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.Geo;

/// <summary>Commands that tell where members are.</summary>
internal static class GeoReadCommands
{
    [Command("GEOPOS", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, Since = "3.2.0",
        Complexity = "O(1)", Keys = "1 RO access", Summary = "Tells the longitudes and latitudes of members.",
        Syntax = "key [member [member ...]]")]
    public static void GeoPos(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        c.Reply.Array(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (GeoArgument.TryFind(c, entry, i, out GeoPosition position)) GeoText.WritePosition(c.Reply, position);
            else c.Reply.NullArray();
        }
    }

    [Command("GEOHASH", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, Since = "3.2.0",
        Complexity = "O(1)", Keys = "1 RO access", Summary = "Tells the geohash strings of members.",
        Syntax = "key [member [member ...]]")]
    public static void GeoHash(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        c.Reply.Array(c.ArgCount - 2);
        Span<byte> text = stackalloc byte[GeoText.HashLength];
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (!GeoArgument.TryFind(c, entry, i, out GeoPosition position))
            {
                c.Reply.Null();
                continue;
            }
            GeoText.WriteHash(text, position);
            c.Reply.Bulk(text);
        }
    }

    [Command("GEODIST", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, Since = "3.2.0",
        Complexity = "O(1)", Keys = "1 RO access", Summary = "Tells the distance between two members.",
        Syntax = "key member1 member2 [unit=M|KM|FT|MI]")]
    public static void GeoDist(CommandContext c)
    {
        double meters = 1;
        if (c.ArgCount == 5 && !GeoArgument.TryReadUnit(c, 4, out meters)) return;
        if (c.ArgCount > 5)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        if (GeoArgument.TryFind(c, entry, 2, out GeoPosition first) && GeoArgument.TryFind(c, entry, 3, out GeoPosition second))
            GeoText.WriteDistance(c.Reply, first.DistanceTo(second) / meters);
        else
            c.Reply.Null();
    }
}
