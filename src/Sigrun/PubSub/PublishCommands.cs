using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Protocol;

namespace Sigrun.PubSub;

/// <summary>PUBLISH and SPUBLISH, and PUBSUB, which tells who is subscribed.</summary>
[Command("PUBSUB", Arity = -2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "Varies by subcommand",
    Summary = "Commands that look at subscriptions.")]
internal static class PublishCommands
{
    private const CommandFlags Looking = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale;

    [Command("PUBLISH", Arity = 3,
        Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast
            | CommandFlags.MayReplicate | CommandFlags.Sentinel,
        Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N+M)",
        Summary = "Sends a message to the subscribers of a channel.", Syntax = "channel message")]
    public static void Publish(CommandContext c) => c.Reply.Integer(c.Engine.PubSub.Publish(c.Arg(1), c.Arg(2)));

    [Command("SPUBLISH", Arity = 3,
        Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.MayReplicate,
        Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N)", Keys = "1 not_key",
        Summary = "Sends a message to the subscribers of a shard channel.", Syntax = "shardchannel message")]
    public static void ShardPublish(CommandContext c) => c.Reply.Integer(c.Engine.PubSub.PublishToShard(c.Arg(1), c.Arg(2)));

    [Command("CHANNELS", Container = "PUBSUB", Arity = -2, Flags = Looking, Group = CommandGroup.PubSub, Since = "2.8.0",
        Complexity = "O(N)", Summary = "Lists the channels that have subscribers.", Syntax = "[pattern]")]
    public static void Channels(CommandContext c) => List(c, ChannelKind.Channel);

    [Command("SHARDCHANNELS", Container = "PUBSUB", Arity = -2, Flags = Looking, Group = CommandGroup.PubSub, Since = "7.0.0",
        Complexity = "O(N)", Summary = "Lists the shard channels that have subscribers.", Syntax = "[pattern]")]
    public static void ShardChannels(CommandContext c) => List(c, ChannelKind.Shard);

    [Command("NUMSUB", Container = "PUBSUB", Arity = -2, Flags = Looking, Group = CommandGroup.PubSub, Since = "2.8.0",
        Complexity = "O(N)", Summary = "Counts the subscribers of channels.", Syntax = "[channel [channel ...]]")]
    public static void SubscriberCounts(CommandContext c) => Count(c, ChannelKind.Channel);

    [Command("SHARDNUMSUB", Container = "PUBSUB", Arity = -2, Flags = Looking, Group = CommandGroup.PubSub, Since = "7.0.0",
        Complexity = "O(N)", Summary = "Counts the subscribers of shard channels.", Syntax = "[shardchannel [shardchannel ...]]")]
    public static void ShardSubscriberCounts(CommandContext c) => Count(c, ChannelKind.Shard);

    [Command("NUMPAT", Container = "PUBSUB", Arity = 2, Flags = Looking, Group = CommandGroup.PubSub, Since = "2.8.0",
        Complexity = "O(1)", Summary = "Counts the patterns that somebody is subscribed to.")]
    public static void PatternCount(CommandContext c) => c.Reply.Integer(c.Engine.PubSub.Of(ChannelKind.Pattern).Count);

    [Command("HELP", Container = "PUBSUB", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Acl = "-pubsub",
        Group = CommandGroup.PubSub, Since = "6.2.0", Complexity = "O(1)", Summary = "Lists the PUBSUB subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "PUBSUB"u8, """
        CHANNELS [<pattern>]
            Lists the channels that have subscribers, or those that match a pattern.
        NUMPAT
            Counts the patterns that somebody is subscribed to.
        NUMSUB [<channel> ...]
            Counts the subscribers of channels, those through patterns left out.
        SHARDCHANNELS [<pattern>]
            Lists the shard channels that have subscribers, or those that match a pattern.
        SHARDNUMSUB [<shardchannel> ...]
            Counts the subscribers of shard channels.
        """u8);

    private static void List(CommandContext c, ChannelKind kind)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
            return;
        }
        DeferredHeader header = c.Reply.BeginDeferred();
        long count = 0;
        foreach (Channel channel in c.Engine.PubSub.Of(kind).All)
        {
            if (c.ArgCount == 3 && !GlobPattern.Matches(c.Arg(2), channel.Name)) continue;
            c.Reply.Bulk(channel.Name);
            count++;
        }
        c.Reply.EndDeferred(header, count);
    }

    private static void Count(CommandContext c, ChannelKind kind)
    {
        c.Reply.Array((c.ArgCount - 2) * 2);
        for (int i = 2; i < c.ArgCount; i++)
        {
            c.Reply.Bulk(c.Arg(i));
            c.Reply.Integer(c.Engine.PubSub.Of(kind).TryGet(c.Arg(i), out Channel? channel) ? channel.Subscribers.Count : 0);
        }
    }
}
