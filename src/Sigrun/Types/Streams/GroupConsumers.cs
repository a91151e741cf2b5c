using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>Consumers come to be when they are first named.</summary>
internal static class GroupConsumers
{
    /// <summary>The consumer of that name, made when it is new, and marked as seen now.</summary>
    public static StreamConsumer Open(
        CommandContext c, in WriteScope scope, StreamEditor stream, StreamGroup group, ReadOnlySpan<byte> name, out bool isNew)
    {
        StreamConsumer consumer = group.FindConsumer(name);
        isNew = consumer.IsNone;
        if (isNew) consumer = Add(c, scope, stream, group, name);
        stream.SetSeen(consumer, c.NowMs);
        return consumer;
    }

    /// <summary>Makes a consumer; none when there is one of that name.</summary>
    public static StreamConsumer Add(CommandContext c, in WriteScope scope, StreamEditor stream, StreamGroup group, ReadOnlySpan<byte> name)
    {
        StreamConsumer consumer = stream.TryAddConsumer(group, name, c.NowMs, activeMs: -1);
        if (consumer.IsNone) return consumer;
        c.Engine.Dirty++;
        scope.Raise(KeyspaceEventClass.Stream, "xgroup-createconsumer"u8);
        return consumer;
    }
}
