using Sigrun.Commands;
using Sigrun.Security;
using Sigrun.Storage;

namespace Sigrun.Types.Sorting;

/// <summary>The arguments of SORT. Reading them replies the error when they make no sense.</summary>
internal struct SortRequest
{
    private const int FirstOption = 2;

    private long _limitStart;
    private long _limitCount;

    /// <summary>Whether the greatest comes first.</summary>
    public bool IsDescending { get; private set; }

    /// <summary>Whether texts are compared, not numbers.</summary>
    public bool IsAlpha { get; set; }

    /// <summary>The argument with the pattern of what to sort by; 0 for the elements themselves.</summary>
    public int By { get; set; }

    /// <summary>Whether the elements stay as they come: the pattern has no place for an element.</summary>
    public bool IsUnsorted { get; set; }

    /// <summary>The argument that names the key for the result; 0 when it is to be replied.</summary>
    public int StoreKey { get; private set; }

    /// <summary>How many patterns say what to return of each element; 0 for the elements themselves.</summary>
    public int Gets { get; private set; }

    /// <summary>Reads all arguments.</summary>
    public static bool TryRead(CommandContext c, bool mayStore, out SortRequest request)
    {
        request = new SortRequest { _limitCount = -1 };
        for (int at = FirstOption; at < c.ArgCount;)
        {
            int next = request.Read(c, at, mayStore);
            if (next == 0) return false;
            at = next;
        }
        return true;
    }

    /// <summary>The part of so many elements that is wanted.</summary>
    public readonly (int Start, int Count) Range(int length)
    {
        int start = (int)Math.Clamp(_limitStart, 0, length);
        int count = (int)Math.Clamp(_limitCount, -1, length);
        return (start, count < 0 ? length - start : Math.Min(count, length - start));
    }

    /// <summary>The next argument from one on that is the pattern of a GET.</summary>
    public static int NextGet(CommandContext c, int at)
    {
        for (; ; at += Length(c, at))
        {
            if (c.ArgIs(at, "get"u8)) return at + 1;
        }
    }

    /// <summary>Where <see cref="NextGet"/> begins.</summary>
    public static int Start => FirstOption;

    /// <summary>The arguments that an option takes, of those that were found to make sense.</summary>
    private static int Length(CommandContext c, int at)
    {
        if (c.ArgIs(at, "limit"u8)) return 3;
        return c.ArgIs(at, "by"u8) || c.ArgIs(at, "store"u8) ? 2 : 1;
    }

    /// <summary>Reads an option; returns where the next one begins, 0 after an error.</summary>
    private int Read(CommandContext c, int at, bool mayStore)
    {
        int values = c.ArgCount - at - 1;
        if (c.ArgIs(at, "asc"u8))
        {
            IsDescending = false;
        }
        else if (c.ArgIs(at, "desc"u8))
        {
            IsDescending = true;
        }
        else if (c.ArgIs(at, "alpha"u8))
        {
            IsAlpha = true;
        }
        else if (values >= 2 && c.ArgIs(at, "limit"u8))
        {
            return TryReadLimit(c, at) ? at + 3 : 0;
        }
        else if (values >= 1 && mayStore && c.ArgIs(at, "store"u8))
        {
            StoreKey = at + 1;
            return at + 2;
        }
        else if (values >= 1 && c.ArgIs(at, "by"u8))
        {
            By = at + 1;
            IsUnsorted |= !SortPattern.HasPlace(c.Arg(By));
            if (SortPattern.HasPlace(c.Arg(By)) && !MayReadAnyKey(c)) return Refuse(c, "ERR BY option of SORT denied due to insufficient ACL permissions."u8);
            return at + 2;
        }
        else if (values >= 1 && c.ArgIs(at, "get"u8))
        {
            if (!MayReadAnyKey(c)) return Refuse(c, "ERR GET option of SORT denied due to insufficient ACL permissions."u8);
            Gets++;
            return at + 2;
        }
        else
        {
            c.Reply.Error(CommandErrors.Syntax);
            return 0;
        }
        return at + 1;
    }

    /// <summary>Whether the client may read the keys that patterns name, which only those may who may read all.</summary>
    private static bool MayReadAnyKey(CommandContext c) => !c.Client.IsRestricted
        || AclCheck.MayReadAnyKey(c.Client.User!, c.CommandId, new ArgumentList(c), c.Db.Index, c.Engine.Databases.Length);

    private static int Refuse(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Reply.Error(error);
        return 0;
    }

    private bool TryReadLimit(CommandContext c, int at)
    {
        if (NumberText.TryParseInt64(c.Arg(at + 1), out _limitStart) && NumberText.TryParseInt64(c.Arg(at + 2), out _limitCount)) return true;
        c.Reply.Error(CommandErrors.NotAnInteger);
        return false;
    }
}
