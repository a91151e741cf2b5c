using Sigrun.Commands;

namespace Sigrun.PubSub;

/// <summary>SUBSCRIBE and UNSUBSCRIBE, for channels, patterns and shard channels.</summary>
/// <remarks>They answer with a message per channel, which the client gets even if it does not want replies.</remarks>
internal static class SubscriptionCommands
{
    private const CommandFlags Common = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;

    [Command("SUBSCRIBE", Arity = -2, Flags = Common | CommandFlags.Sentinel, Group = CommandGroup.PubSub, Since = "2.0.0",
        Complexity = "O(N)", Summary = "Makes this connection get the messages of channels.", Syntax = "channel [channel ...]")]
    public static void Subscribe(CommandContext c) => SubscribeAll(c, ChannelKind.Channel, "subscribe"u8);

    [Command("PSUBSCRIBE", Arity = -2, Flags = Common | CommandFlags.Sentinel, Group = CommandGroup.PubSub, Since = "2.0.0",
        Complexity = "O(N)", Summary = "Makes this connection get the messages of all channels whose names match patterns.",
        Syntax = "pattern [pattern ...]")]
    public static void PatternSubscribe(CommandContext c) => SubscribeAll(c, ChannelKind.Pattern, "psubscribe"u8);

    [Command("SSUBSCRIBE", Arity = -2, Flags = Common, Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N)",
        Keys = "1..-1 not_key", Summary = "Makes this connection get the messages of shard channels.",
        Syntax = "shardchannel [shardchannel ...]")]
    public static void ShardSubscribe(CommandContext c)
    {
        if (c.MayBlock) SubscribeAll(c, ChannelKind.Shard, "ssubscribe"u8);
        else c.Reply.Error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"u8);
    }

    [Command("UNSUBSCRIBE", Arity = -1, Flags = Common | CommandFlags.Sentinel, Group = CommandGroup.PubSub, Since = "2.0.0",
        Complexity = "O(N)", Summary = "Takes subscriptions to channels back, or all of them.", Syntax = "[channel [channel ...]]")]
    public static void Unsubscribe(CommandContext c) => UnsubscribeSome(c, ChannelKind.Channel, "unsubscribe"u8);

    [Command("PUNSUBSCRIBE", Arity = -1, Flags = Common | CommandFlags.Sentinel, Group = CommandGroup.PubSub, Since = "2.0.0",
        Complexity = "O(N)", Summary = "Takes subscriptions to patterns back, or all of them.", Syntax = "[pattern [pattern ...]]")]
    public static void PatternUnsubscribe(CommandContext c) => UnsubscribeSome(c, ChannelKind.Pattern, "punsubscribe"u8);

    [Command("SUNSUBSCRIBE", Arity = -1, Flags = Common, Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N)",
        Keys = "1..-1 not_key", Summary = "Takes subscriptions to shard channels back, or all of them.",
        Syntax = "[shardchannel [shardchannel ...]]")]
    public static void ShardUnsubscribe(CommandContext c) => UnsubscribeSome(c, ChannelKind.Shard, "sunsubscribe"u8);

    private static void SubscribeAll(CommandContext c, ChannelKind kind, ReadOnlySpan<byte> word)
    {
        for (int i = 1; i < c.ArgCount; i++)
        {
            c.Engine.PubSub.Subscribe(c.Client, kind, c.Arg(i));
            Confirm(c, kind, word, c.Arg(i), hasName: true);
        }
    }

    private static void UnsubscribeSome(CommandContext c, ChannelKind kind, ReadOnlySpan<byte> word)
    {
        for (int i = 1; i < c.ArgCount; i++)
        {
            c.Engine.PubSub.Unsubscribe(c.Client, kind, c.Arg(i));
            Confirm(c, kind, word, c.Arg(i), hasName: true);
        }
        if (c.ArgCount > 1) return;
        Channel[] channels = c.Client.Subscriptions?.Names(kind) ?? [];
        foreach (Channel channel in channels)
        {
            c.Engine.PubSub.Unsubscribe(c.Client, kind, channel.Name);
            Confirm(c, kind, word, channel.Name, hasName: true);
        }
        if (channels.Length == 0) Confirm(c, kind, word, [], hasName: false);
    }

    private static void Confirm(CommandContext c, ChannelKind kind, ReadOnlySpan<byte> word, ReadOnlySpan<byte> name, bool hasName)
    {
        bool wasMuted = c.Reply.Muted;
        c.Reply.Muted = false;
        c.Reply.Push(3);
        c.Reply.Bulk(word);
        if (hasName) c.Reply.Bulk(name);
        else c.Reply.Null();
        c.Reply.Integer(c.Client.Subscriptions?.ReportedCount(kind) ?? 0);
        c.Reply.Muted = wasMuted;
    }
}
