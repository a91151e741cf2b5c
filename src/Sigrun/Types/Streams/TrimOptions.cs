using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>The options of XADD and XTRIM: what is to be trimmed, and for XADD what the new ID is.</summary>
internal struct TrimOptions
{
    private const int FirstOption = 2;

    private long _limit;
    private bool _hasLimit;
    private StreamTrim _trim;

    /// <summary>The argument with the length or ID to trim to; 0 when nothing is to be trimmed.</summary>
    public int ThresholdIndex { get; private set; }

    /// <summary>The argument with XADD's ID.</summary>
    public int IdIndex { get; private set; }

    /// <summary>The ID as given.</summary>
    public StreamId Id { get; private set; }

    /// <summary>Whether the ID, or a part of it, is left to the server.</summary>
    public readonly bool ChoosesId => !HasTime || !HasSequence;

    /// <summary>Whether the time of the ID is given.</summary>
    public bool HasTime { get; private set; }

    /// <summary>Whether the second half of the ID is given.</summary>
    public bool HasSequence { get; private set; }

    /// <summary>Whether a stream that is not there is not to be made.</summary>
    public bool OnlyExisting { get; private set; }

    /// <summary>What is to be trimmed.</summary>
    public readonly StreamTrim Trim => _trim;

    /// <summary>Whether anything is to be trimmed.</summary>
    public readonly bool Trims => ThresholdIndex > 0;

    /// <summary>Reads the options; replies the error and returns false when they do not make sense.</summary>
    public static bool TryRead(CommandContext c, bool isAdd, out TrimOptions options)
    {
        options = default;
        for (int i = FirstOption; i < c.ArgCount; i++)
        {
            bool hasMore = i + 1 < c.ArgCount;
            if (isAdd && c.Arg(i) is [(byte)'*'])
            {
                options.IdIndex = i;
                break;
            }
            if (c.ArgIs(i, "maxlen"u8) && hasMore)
            {
                if (!options.TryReadThreshold(c, ref i, byLength: true)) return false;
            }
            else if (c.ArgIs(i, "minid"u8) && hasMore)
            {
                if (!options.TryReadThreshold(c, ref i, byLength: false)) return false;
            }
            else if (c.ArgIs(i, "limit"u8) && hasMore)
            {
                if (!options.TryReadLimit(c, ++i)) return false;
            }
            else if (isAdd && c.ArgIs(i, "nomkstream"u8))
            {
                options.OnlyExisting = true;
            }
            else
            {
                if (!isAdd) return StreamArguments.Refuse(c, CommandErrors.Syntax);
                if (!options.TryReadId(c, i)) return false;
                break;
            }
        }
        return options.TryComplete(c, isAdd);
    }

    private bool TryReadThreshold(CommandContext c, ref int index, bool byLength)
    {
        if (Trims)
            return StreamArguments.Refuse(c, "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"u8);
        bool isApproximate = false;
        if (index + 2 < c.ArgCount && c.Arg(index + 1) is [(byte)'~' or (byte)'=']) isApproximate = c.Arg(++index)[0] == (byte)'~';
        ThresholdIndex = ++index;
        long length = 0;
        StreamId minId = default;
        if (byLength ? !StreamArguments.TryReadInteger(c, index, out length) : !StreamArguments.TryReadEntryId(c, index, out minId)) return false;
        if (length < 0) return StreamArguments.Refuse(c, "ERR The MAXLEN argument must be >= 0."u8);
        _trim = new StreamTrim(byLength, (ulong)length, minId, isApproximate, 0);
        return true;
    }

    private bool TryReadLimit(CommandContext c, int index)
    {
        _hasLimit = true;
        if (!StreamArguments.TryReadInteger(c, index, out _limit)) return false;
        return _limit >= 0 || StreamArguments.Refuse(c, "ERR The LIMIT argument must be >= 0."u8);
    }

    private bool TryReadId(CommandContext c, int index)
    {
        IdIndex = index;
        HasTime = true;
        bool isRead = StreamArguments.TryReadNewId(c, index, out StreamId id, out bool hasSequence);
        (Id, HasSequence) = (id, hasSequence);
        return isRead;
    }

    private bool TryComplete(CommandContext c, bool isAdd)
    {
        const long NodesMax = 100;
        const long LimitWithoutNodes = 10_000;
        const long LimitMax = 1_000_000;
        if (_limit > 0 && !Trims)
            return StreamArguments.Refuse(c, "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"u8);
        if (!isAdd && !Trims)
            return StreamArguments.Refuse(c, "ERR syntax error, XTRIM must be called with a trimming strategy"u8);
        if (_hasLimit && !_trim.WholeNodesOnly)
            return StreamArguments.Refuse(c, "ERR syntax error, LIMIT cannot be used without the special ~ option"u8);
        if (!_trim.WholeNodesOnly) return true;
        long perNode = Math.Min(c.Engine.Settings.Types.StreamNodeMaxEntries, LimitMax);
        long usual = perNode == 0 ? LimitWithoutNodes : Math.Min(perNode * NodesMax, LimitMax);
        _trim = _trim with { RemovedMax = _hasLimit ? _limit : usual };
        return true;
    }

    /// <summary>States the command as its effect: with the ID that was made, and with what trimming has left as the threshold.</summary>
    public readonly void ReplaceEffect(CommandContext c, in StreamView stream, StreamId id)
    {
        if (!c.Engine.Effects.IsActive) return;
        Span<byte> idText = stackalloc byte[StreamId.TextMax];
        idText = idText[..id.Format(idText)];
        Span<byte> threshold = stackalloc byte[StreamId.TextMax];
        threshold = threshold[..FormatThreshold(stream, threshold)];
        Keyspace.EffectBuilder effect = c.ReplaceEffects();
        for (int i = 0; i < c.ArgCount; i++)
        {
            if (ChoosesId && i == IdIndex && i > 0) effect.Add(idText);
            else if (_trim.WholeNodesOnly && i == ThresholdIndex - 1) effect.Add("="u8);
            else if (_trim.WholeNodesOnly && i == ThresholdIndex) effect.Add(threshold);
            else effect.Add(c.Arg(i));
        }
        effect.Emit();
    }

    private readonly int FormatThreshold(in StreamView stream, Span<byte> text)
    {
        if (!_trim.WholeNodesOnly) return 0;
        if (_trim.ByLength) return NumberText.FormatInt64(text, stream.Length);
        StreamCursor cursor = stream.WithDeleted();
        return (cursor.Next() ? cursor.Id : StreamId.Max).Format(text);
    }
}
