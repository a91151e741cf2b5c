using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>
/// The effects of commands that depend on the moment, on who asks and on what is there: as commands that lead to the
/// same state whatever state they find.
/// </summary>
internal readonly ref struct StreamEffects
{
    private readonly CommandContext _command;
    private readonly ReadOnlySpan<byte> _key;
    private readonly ReadOnlySpan<byte> _group;

    /// <summary>From now on the command as it came is no effect.</summary>
    public StreamEffects(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> group)
    {
        c.SuppressEffects();
        _command = c;
        _key = key;
        _group = group;
    }

    /// <summary>An entry is pending as noted.</summary>
    public void Pending(StreamGroup group, StreamPending pending)
    {
        if (!_command.Engine.Effects.IsActive) return;
        Span<byte> id = stackalloc byte[StreamId.TextMax];
        Pending(group, pending, id[..pending.Id.Format(id)]);
    }

    /// <summary>The same, with the ID as it was given.</summary>
    public void Pending(StreamGroup group, StreamPending pending, scoped ReadOnlySpan<byte> id)
    {
        if (!_command.Engine.Effects.IsActive) return;
        Span<byte> lastId = stackalloc byte[StreamId.TextMax];
        lastId = lastId[..group.LastId.Format(lastId)];
        Begin("XCLAIM"u8).Add(_key).Add(_group).Add(pending.Consumer.Name).Add("0"u8).Add(id)
            .Add("TIME"u8).Add(pending.DeliveredMs).Add("RETRYCOUNT"u8).Add((long)pending.Deliveries)
            .Add("FORCE"u8).Add("JUSTID"u8).Add("LASTID"u8).Add(lastId).Emit();
    }

    /// <summary>A group has read up to an ID.</summary>
    public void Position(StreamGroup group)
    {
        if (!_command.Engine.Effects.IsActive) return;
        Span<byte> text = stackalloc byte[StreamId.TextMax];
        text = text[..group.LastId.Format(text)];
        Begin("XGROUP"u8).Add("SETID"u8).Add(_key).Add(_group).Add(text).Add("ENTRIESREAD"u8).Add(group.EntriesRead).Emit();
    }

    /// <summary>A consumer was made.</summary>
    public void Consumer(ReadOnlySpan<byte> name) =>
        Begin("XGROUP"u8).Add("CREATECONSUMER"u8).Add(_key).Add(_group).Add(name).Emit();

    private EffectBuilder Begin(ReadOnlySpan<byte> name) => _command.ReplaceEffects().Add(name);
}
