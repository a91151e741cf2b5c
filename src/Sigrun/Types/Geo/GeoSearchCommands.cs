using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Types.SortedSets;

namespace Sigrun.Types.Geo;

/// <summary>Commands that look for members in an area.</summary>
internal static class GeoSearchCommands
{
    [Command("GEOSEARCH", Arity = -7, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, Since = "6.2.0",
        Complexity = "O(N+log(M))", Keys = "1 RO access", Summary = "Finds the members in a circle, a box or a polygon.",
        Syntax = "key [from=FROMMEMBER member|FROMLONLAT longitude latitude] <by=<circle=<BYRADIUS radius> <unit=M|KM|FT|"
            + "MI>>|<box=<BYBOX width> height <unit=M|KM|FT|MI>>|<polygon=<BYPOLYGON num-vertices> <vertices=longitude "
            + "latitude> [longitude latitude ...]>@9.0.0> [order=ASC|DESC] [count-block=<COUNT count> [ANY]] "
            + "[WITHCOORD] [WITHDIST] [WITHHASH]", History = ["7.0.0: upper case units", "9.0.0: BYPOLYGON"])]
    public static void GeoSearch(CommandContext c) => Run(c, 1, new GeoSearchRequest(c, GeoSearchForm.Search, mayStore: false));

    [Command("GEOSEARCHSTORE", Arity = -8, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo,
        Since = "6.2.0", Complexity = "O(N+log(M))", Keys = "1 OW update; 2 RO access",
        Summary = "Stores the members in a circle, a box or a polygon.",
        Syntax = "destination source [from=FROMMEMBER member|FROMLONLAT longitude latitude] <by=<circle=<BYRADIUS radius> "
            + "<unit=M|KM|FT|MI>>|<box=<BYBOX width> height <unit=M|KM|FT|MI>>|<polygon=<BYPOLYGON num-vertices> "
            + "<vertices=longitude latitude> [longitude latitude ...]>@9.0.0> [order=ASC|DESC] [count-block=<COUNT "
            + "count> [ANY]] [STOREDIST]", History = ["7.0.0: upper case units", "9.0.0: BYPOLYGON"])]
    public static void GeoSearchStore(CommandContext c) => Run(c, 2, new GeoSearchRequest(c, GeoSearchForm.SearchStore, mayStore: true));

    [Command("GEORADIUS", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo,
        Since = "3.2.0", Complexity = "O(N+log(M))", Keys = "1 RO access; STORE@6 OW update; STOREDIST@6 OW update",
        Summary = "Finds the members within a distance of a place, and may store them.",
        Syntax = "key longitude latitude radius <unit=M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [count-block=<COUNT "
            + "count> [ANY@6.2.0]] [order=ASC|DESC] [store=<storekey=STORE key>|<storedistkey=STOREDIST key>]")]
    public static void GeoRadius(CommandContext c) => Run(c, 1, new GeoSearchRequest(c, GeoSearchForm.Radius, mayStore: true));

    [Command("GEORADIUS_RO", Arity = -6, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, Since = "3.2.10",
        Complexity = "O(N+log(M))", Keys = "1 RO access", Summary = "Finds the members within a distance of a place.",
        Syntax = "key longitude latitude radius <unit=M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [count-block=<COUNT "
            + "count> [ANY@6.2.0]] [order=ASC|DESC]")]
    public static void GeoRadiusRo(CommandContext c) => Run(c, 1, new GeoSearchRequest(c, GeoSearchForm.Radius, mayStore: false));

    [Command("GEORADIUSBYMEMBER", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo,
        Since = "3.2.0", Complexity = "O(N+log(M))", Keys = "1 RO access; STORE@5 OW update; STOREDIST@5 OW update",
        Summary = "Finds the members within a distance of a member, and may store them.",
        Syntax = "key member radius <unit=M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [count-block=<COUNT count> [ANY]] "
            + "[order=ASC|DESC] [store=<storekey=STORE key>|<storedistkey=STOREDIST key>]")]
    public static void GeoRadiusByMember(CommandContext c) => Run(c, 1, new GeoSearchRequest(c, GeoSearchForm.RadiusByMember, mayStore: true));

    [Command("GEORADIUSBYMEMBER_RO", Arity = -5, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, Since = "3.2.10",
        Complexity = "O(N+log(M))", Keys = "1 RO access", Summary = "Finds the members within a distance of a member.",
        Syntax = "key member radius <unit=M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [count-block=<COUNT count> [ANY]] [order=ASC|DESC]")]
    public static void GeoRadiusByMemberRo(CommandContext c) => Run(c, 1, new GeoSearchRequest(c, GeoSearchForm.RadiusByMember, mayStore: false));

    private static void Run(CommandContext c, int source, GeoSearchRequest request)
    {
        if (!TypedKey.TryFind(c, c.Key(source), EntryType.SortedSet, out EntryRef set)) return;
        try
        {
            if (request.TryRead(set)) Answer(c, set, request);
        }
        finally
        {
            request.Dispose();
        }
    }

    private static void Answer(CommandContext c, EntryRef set, in GeoSearchRequest request)
    {
        var points = new GeoPoints(c);
        try
        {
            if (!set.IsNull) points.Search(set, request.Shape, request.IsAny ? request.Count : 0);
            points.Sort(request.Order);
            ReadOnlySpan<GeoPoint> found = points.Found;
            if (request.Count > 0 && request.Count < found.Length) found = found[..(int)request.Count];
            if (request.StoreKey == 0) Reply(c, points, found, request);
            else Store(c, points, found, request);
        }
        finally
        {
            points.Dispose();
        }
    }

    private static void Reply(CommandContext c, in GeoPoints points, ReadOnlySpan<GeoPoint> found, in GeoSearchRequest request)
    {
        int details = (request.WithDistance ? 1 : 0) + (request.WithHash ? 1 : 0) + (request.WithPosition ? 1 : 0);
        c.Reply.Array(found.Length);
        foreach (ref readonly GeoPoint point in found)
        {
            if (details > 0) c.Reply.Array(details + 1);
            c.Reply.Bulk(points.Member(point));
            if (request.WithDistance) GeoText.WriteDistance(c.Reply, point.Distance / request.Shape.MetersPerUnit);
            if (request.WithHash) c.Reply.Integer((long)point.Score);
            if (request.WithPosition) GeoText.WritePosition(c.Reply, point.Position);
        }
    }

    private static void Store(CommandContext c, in GeoPoints points, ReadOnlySpan<GeoPoint> found, in GeoSearchRequest request)
    {
        KeyRef key = c.Key(request.StoreKey);
        if (found.IsEmpty)
        {
            c.Db.RemoveForEmptyResult(c, key);
            c.Reply.Integer(0);
            return;
        }
        var builder = new SortedSetBuilder(c.Engine.Heap, indexed: false);
        try
        {
            foreach (ref readonly GeoPoint point in found)
            {
                builder.Add(points.Member(point), request.StoresDistance ? point.Distance / request.Shape.MetersPerUnit : point.Score);
            }
            EntryRef made = builder.Build(key.Bytes, KeyEntry.NoExpiry, SortedSetArgument.Limits(c.Engine.Settings));
            WriteScope scope = c.Db.OpenWrite(c, key);
            scope.Attach(made);
            c.Engine.Dirty += found.Length - 1;
            scope.Commit(KeyspaceEventClass.SortedSet, CommandTable.FullName(c.CommandId).StartsWith("geosearch"u8) ? "geosearchstore"u8 : "georadiusstore"u8);
        }
        finally
        {
            builder.Dispose();
        }
        c.Reply.Integer(found.Length);
    }
}
