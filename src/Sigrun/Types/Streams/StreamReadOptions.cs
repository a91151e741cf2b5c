using Sigrun.Blocking;
using Sigrun.Commands;

namespace Sigrun.Types.Streams;

/// <summary>The arguments of XREAD and XREADGROUP in front of the keys, and where those are.</summary>
internal struct StreamReadOptions
{
    /// <summary>Whether the command is XREADGROUP.</summary>
    public bool IsGroup { get; private set; }

    /// <summary>How long to wait, −1 for not at all, 0 for without end.</summary>
    public long TimeoutMs { get; private set; }

    /// <summary>Most entries of a stream, 0 for all.</summary>
    public long Count { get; private set; }

    /// <summary>Whether what is delivered does not become pending.</summary>
    public bool SkipsPending { get; private set; }

    /// <summary>The argument with the group, behind which the consumer is.</summary>
    public int GroupIndex { get; private set; }

    /// <summary>The first key.</summary>
    public int FirstKey { get; private set; }

    /// <summary>The number of keys; as many IDs follow them.</summary>
    public int StreamCount { get; private set; }

    /// <summary>The argument with the ID for a key.</summary>
    public readonly int IdIndex(int key) => key + StreamCount;

    /// <summary>Reads the arguments; replies the error and returns false when they do not make sense.</summary>
    public static bool TryRead(CommandContext c, bool isGroup, out StreamReadOptions options)
    {
        options = new StreamReadOptions { IsGroup = isGroup, TimeoutMs = -1 };
        for (int i = 1; options.FirstKey == 0; i++)
        {
            if (i >= c.ArgCount) return StreamArguments.Refuse(c, CommandErrors.Syntax);
            if (!options.TryReadOption(c, ref i)) return false;
        }
        if (isGroup && options.GroupIndex == 0) return StreamArguments.Refuse(c, "ERR Missing GROUP option for XREADGROUP"u8);
        return true;
    }

    private bool TryReadOption(CommandContext c, ref int i)
    {
        int more = c.ArgCount - i - 1;
        if (c.ArgIs(i, "block"u8) && more > 0)
        {
            bool isRead = c.TryReadTimeout(++i, TimeoutUnit.Milliseconds, out long timeoutMs);
            TimeoutMs = timeoutMs;
            return isRead;
        }
        if (c.ArgIs(i, "count"u8) && more > 0)
        {
            bool isRead = StreamArguments.TryReadInteger(c, ++i, out long count);
            Count = Math.Max(count, 0);
            return isRead;
        }
        if (c.ArgIs(i, "streams"u8) && more > 0) return TryReadStreams(c, i + 1);
        if (c.ArgIs(i, "group"u8) && more > 1)
        {
            GroupIndex = i + 1;
            i += 2;
            return IsGroup || StreamArguments.Refuse(c, "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        if (c.ArgIs(i, "noack"u8))
        {
            SkipsPending = true;
            return IsGroup || StreamArguments.Refuse(c, "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        return StreamArguments.Refuse(c, CommandErrors.Syntax);
    }

    private bool TryReadStreams(CommandContext c, int first)
    {
        FirstKey = first;
        StreamCount = (c.ArgCount - first) / 2;
        if ((c.ArgCount - first) % 2 == 0) return true;
        (string name, char sign) = IsGroup ? ("xreadgroup", '>') : ("xread", '$');
        c.Reply.Error($"ERR Unbalanced '{name}' list of streams: for each stream key an ID or '{sign}' must be specified.");
        return false;
    }
}
