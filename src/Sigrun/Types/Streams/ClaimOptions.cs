using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>The arguments of XCLAIM behind the IDs, and where those end.</summary>
internal struct ClaimOptions
{
    /// <summary>The first ID.</summary>
    public const int FirstId = 5;

    /// <summary>The argument behind the last ID.</summary>
    public int EndOfIds { get; private set; }

    /// <summary>When the entries shall count as delivered.</summary>
    public long DeliveredMs { get; private set; }

    /// <summary>How often they shall count as delivered, −1 for once more.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Whether entries that are not pending become so.</summary>
    public bool IsForced { get; private set; }

    /// <summary>Whether to tell IDs only, which is no delivery.</summary>
    public bool OnlyIds { get; private set; }

    /// <summary>The ID that the group has read at least.</summary>
    public StreamId LastId { get; private set; }

    /// <summary>Reads the arguments; replies the error and returns false when they do not make sense.</summary>
    public static bool TryRead(CommandContext c, out ClaimOptions options)
    {
        int end = FirstId;
        while (end < c.ArgCount && StreamArguments.TryParseEntryId(c.Arg(end), 0, out _)) end++;
        options = new ClaimOptions { EndOfIds = end, Deliveries = -1 };
        long deliveredMs = -1;
        for (int i = end; i < c.ArgCount; i++)
        {
            if (!options.TryReadOption(c, ref i, ref deliveredMs)) return false;
        }
        options.DeliveredMs = deliveredMs < 0 || deliveredMs > c.NowMs ? c.NowMs : deliveredMs;
        return true;
    }

    private bool TryReadOption(CommandContext c, ref int i, ref long deliveredMs)
    {
        bool hasMore = i + 1 < c.ArgCount;
        if (c.ArgIs(i, "force"u8))
        {
            IsForced = true;
        }
        else if (c.ArgIs(i, "justid"u8))
        {
            OnlyIds = true;
        }
        else if (c.ArgIs(i, "idle"u8) && hasMore)
        {
            if (!NumberText.TryParseInt64(c.Arg(++i), out long idle))
                return StreamArguments.Refuse(c, "ERR Invalid IDLE option argument for XCLAIM"u8);
            deliveredMs = unchecked(c.NowMs - idle);
        }
        else if (c.ArgIs(i, "time"u8) && hasMore)
        {
            if (!NumberText.TryParseInt64(c.Arg(++i), out deliveredMs))
                return StreamArguments.Refuse(c, "ERR Invalid TIME option argument for XCLAIM"u8);
        }
        else if (c.ArgIs(i, "retrycount"u8) && hasMore)
        {
            if (!NumberText.TryParseInt64(c.Arg(++i), out long deliveries))
                return StreamArguments.Refuse(c, "ERR Invalid RETRYCOUNT option argument for XCLAIM"u8);
            Deliveries = Math.Max(deliveries, -1);
        }
        else if (c.ArgIs(i, "lastid"u8) && hasMore)
        {
            if (!StreamArguments.TryReadEntryId(c, ++i, out StreamId last)) return false;
            LastId = last;
        }
        else
        {
            c.Reply.Error($"ERR Unrecognized XCLAIM option '{StreamArguments.Text(c.Arg(i))}'");
            return false;
        }
        return true;
    }
}
