using System.Buffers;
using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.Geo;

/// <summary>Which of the search commands it is: they differ in what they may be told.</summary>
internal enum GeoSearchForm
{
    /// <summary>GEORADIUS: the place comes first; may be told to store.</summary>
    Radius,

    /// <summary>GEORADIUSBYMEMBER: a member comes first; may be told to store.</summary>
    RadiusByMember,

    /// <summary>GEOSEARCH.</summary>
    Search,

    /// <summary>GEOSEARCHSTORE.</summary>
    SearchStore,
}

/// <summary>The order of what was found.</summary>
internal enum GeoOrder
{
    /// <summary>As it comes.</summary>
    None,

    /// <summary>The nearest first.</summary>
    Ascending,

    /// <summary>The farthest first.</summary>
    Descending,
}

/// <summary>The arguments of a search. Reading them replies the error when they make no sense.</summary>
internal ref struct GeoSearchRequest
{
    private readonly CommandContext _c;
    private readonly GeoSearchForm _form;
    private readonly bool _mayStore;
    private GeoPosition[]? _corners;
    private bool _hasMember;
    private bool _hasPosition;
    private bool _hasAny;

    /// <summary>The area.</summary>
    public GeoShape Shape;

    /// <summary>Prepares to read.</summary>
    /// <param name="c">The command.</param>
    /// <param name="form">Which it is.</param>
    /// <param name="mayStore">Whether the forms that may be told to store are the ones that may.</param>
    public GeoSearchRequest(CommandContext c, GeoSearchForm form, bool mayStore)
    {
        _c = c;
        _form = form;
        _mayStore = mayStore;
        StoreKey = form == GeoSearchForm.SearchStore ? 1 : 0;
    }

    /// <summary>The argument that names the key for the result; 0 when it is to be replied.</summary>
    public int StoreKey { get; private set; }

    /// <summary>Whether distances are stored in place of scores.</summary>
    public bool StoresDistance { get; private set; }

    /// <summary>Whether distances are replied.</summary>
    public bool WithDistance { get; private set; }

    /// <summary>Whether scores are replied.</summary>
    public bool WithHash { get; private set; }

    /// <summary>Whether places are replied.</summary>
    public bool WithPosition { get; private set; }

    /// <summary>Most results; 0 for all.</summary>
    public long Count { get; private set; }

    /// <summary>Whether any results will do: the search ends when there are enough.</summary>
    public readonly bool IsAny => _hasAny;

    /// <summary>The order of the results.</summary>
    public GeoOrder Order { get; private set; }

    private readonly bool IsSearch => _form >= GeoSearchForm.Search;

    /// <summary>Gives back what a polygon's corners needed.</summary>
    public void Dispose()
    {
        if (_corners is not null) ArrayPool<GeoPosition>.Shared.Return(_corners);
        _corners = null;
    }

    /// <summary>Reads all arguments; the set, in which a member may be looked up, may be missing.</summary>
    public bool TryRead(EntryRef set)
    {
        if (!TryReadStart(set, out int at)) return false;
        while (at < _c.ArgCount)
        {
            int next = TryReadFlag(at) ? at + 1 : ReadOption(set, at);
            if (next == 0) return false;
            at = next;
        }
        return AreComplete();
    }

    /// <summary>Reads what GEORADIUS and GEORADIUSBYMEMBER have in fixed places.</summary>
    private bool TryReadStart(EntryRef set, out int at)
    {
        at = _form switch
        {
            GeoSearchForm.Radius => 6,
            GeoSearchForm.RadiusByMember => 5,
            GeoSearchForm.Search => 2,
            _ => 3,
        };
        switch (_form)
        {
            case GeoSearchForm.Radius:
                return GeoArgument.TryReadPosition(_c, 2, out Shape.Center) && TryReadRadius(at - 2);
            case GeoSearchForm.RadiusByMember:
                return set.IsNull || (GeoArgument.TryReadMember(_c, set, 2, out Shape.Center) && TryReadRadius(at - 2));
            default:
                return true;
        }
    }

    private bool TryReadFlag(int at)
    {
        if (_c.ArgIs(at, "withdist"u8)) WithDistance = true;
        else if (_c.ArgIs(at, "withhash"u8)) WithHash = true;
        else if (_c.ArgIs(at, "withcoord"u8)) WithPosition = true;
        else if (_c.ArgIs(at, "any"u8)) _hasAny = true;
        else if (_c.ArgIs(at, "asc"u8)) Order = GeoOrder.Ascending;
        else if (_c.ArgIs(at, "desc"u8)) Order = GeoOrder.Descending;
        else if (_form == GeoSearchForm.SearchStore && _c.ArgIs(at, "storedist"u8)) StoresDistance = true;
        else return false;
        return true;
    }

    /// <summary>Reads an option with values; returns where the next one begins, 0 after an error.</summary>
    private int ReadOption(EntryRef set, int at)
    {
        int values = _c.ArgCount - at - 1;
        if (values >= 1 && _c.ArgIs(at, "count"u8)) return TryReadCount(at + 1) ? at + 2 : 0;
        if (values >= 1 && !IsSearch && _mayStore && IsStore(at)) return at + 2;
        if (values >= 1 && IsSearch && !_hasPosition && !HasPolygon && _c.ArgIs(at, "frommember"u8))
        {
            _hasMember = true;
            return set.IsNull || GeoArgument.TryReadMember(_c, set, at + 1, out Shape.Center) ? at + 2 : 0;
        }
        if (values >= 2 && IsSearch && !_hasMember && !HasPolygon && _c.ArgIs(at, "fromlonlat"u8))
        {
            _hasPosition = true;
            return GeoArgument.TryReadPosition(_c, at + 1, out Shape.Center) ? at + 3 : 0;
        }
        if (values >= 2 && IsSearch && Shape.Kind is GeoShapeKind.None or GeoShapeKind.Circle && _c.ArgIs(at, "byradius"u8))
            return TryReadRadius(at + 1) ? at + 3 : 0;
        if (values >= 3 && IsSearch && Shape.Kind is GeoShapeKind.None or GeoShapeKind.Box && _c.ArgIs(at, "bybox"u8))
            return TryReadBox(at + 1) ? at + 4 : 0;
        if (values >= 2 && IsSearch && Shape.Kind is GeoShapeKind.None or GeoShapeKind.Polygon && !_hasMember && !_hasPosition
            && _c.ArgIs(at, "bypolygon"u8)) return ReadPolygon(at + 1);
        return Fail(CommandErrors.Syntax) ? at : 0;
    }

    private readonly bool HasPolygon => Shape.Kind == GeoShapeKind.Polygon;

    private bool IsStore(int at)
    {
        bool storesDistance = _c.ArgIs(at, "storedist"u8);
        if (!storesDistance && !_c.ArgIs(at, "store"u8)) return false;
        StoresDistance = storesDistance;
        StoreKey = at + 1;
        return true;
    }

    private bool TryReadCount(int index)
    {
        if (!NumberText.TryParseInt64(_c.Arg(index), out long count)) return Fail(CommandErrors.NotAnInteger);
        if (count <= 0) return Fail("ERR COUNT must be > 0"u8);
        Count = count;
        return true;
    }

    private bool TryReadRadius(int index)
    {
        if (!GeoArgument.TryReadNumber(_c, index, "ERR need numeric radius"u8, out double radius)) return false;
        if (radius < 0) return Fail("ERR radius cannot be negative"u8);
        Shape.Kind = GeoShapeKind.Circle;
        Shape.Radius = radius;
        return GeoArgument.TryReadUnit(_c, index + 1, out Shape.MetersPerUnit);
    }

    private bool TryReadBox(int index)
    {
        if (!GeoArgument.TryReadNumber(_c, index, "ERR need numeric width"u8, out double width)) return false;
        if (!GeoArgument.TryReadNumber(_c, index + 1, "ERR need numeric height"u8, out double height)) return false;
        if (width < 0 || height < 0) return Fail("ERR height or width cannot be negative"u8);
        Shape.Kind = GeoShapeKind.Box;
        (Shape.Width, Shape.Height) = (width, height);
        return GeoArgument.TryReadUnit(_c, index + 2, out Shape.MetersPerUnit);
    }

    /// <summary>Reads the number of corners and the corners; returns where the next option begins, 0 after an error.</summary>
    private int ReadPolygon(int index)
    {
        if (!NumberText.TryParseInt64(_c.Arg(index), out long count) || count is < int.MinValue or > int.MaxValue)
            return Fail("ERR invalid number of vertices"u8) ? index : 0;
        if (count < 3 || (_c.ArgCount - index - 1) / 2 < count)
            return Fail("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"u8) ? index : 0;
        Dispose();
        _corners = ArrayPool<GeoPosition>.Shared.Rent((int)count);
        for (int i = 0; i < count; i++)
        {
            if (!GeoArgument.TryReadPosition(_c, index + 1 + 2 * i, out _corners[i])) return 0;
        }
        Shape.SetPolygon(_corners.AsSpan(0, (int)count));
        return index + 1 + 2 * (int)count;
    }

    private bool AreComplete()
    {
        if (StoreKey > 0 && (WithDistance || WithHash || WithPosition))
        {
            return Fail(_form == GeoSearchForm.SearchStore
                ? "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"u8
                : "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"u8);
        }
        if (IsSearch && !_hasMember && !_hasPosition && !HasPolygon)
            return Fail("exactly one of FROMMEMBER or FROMLONLAT can be specified for ");
        if (IsSearch && Shape.Kind == GeoShapeKind.None)
            return Fail("exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for ");
        if (_hasAny && Count == 0) return Fail("ERR the ANY argument requires COUNT argument"u8);
        // The nearest of all are wanted, unless any will do.
        if (Count > 0 && Order == GeoOrder.None && !_hasAny) Order = GeoOrder.Ascending;
        return true;
    }

    /// <summary>Replies an error that ends with the command's name as it came; never true.</summary>
    private readonly bool Fail(string text)
    {
        _c.Reply.Error("ERR " + text + System.Text.Encoding.Latin1.GetString(CommandErrors.UpToNul(_c.Arg(0))));
        return false;
    }

    private readonly bool Fail(ReadOnlySpan<byte> error)
    {
        _c.Reply.Error(error);
        return false;
    }
}
