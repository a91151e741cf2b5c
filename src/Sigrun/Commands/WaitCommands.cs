using Sigrun.Blocking;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>WAIT and WAITAOF: until a client's writes are at other servers, or on the disk.</summary>
internal static class WaitCommands
{
    [Command("WAIT", Arity = 3, Flags = CommandFlags.Blocking, Group = CommandGroup.Generic, Since = "3.0.0", Complexity = "O(1)",
        Acl = "-keyspace connection", Tips = "request_policy:all_shards response_policy:agg_min",
        Summary = "Waits until replicas have the connection's writes.", Syntax = "numreplicas timeout:int")]
    public static void Wait(CommandContext c)
    {
        if (!NumberText.TryParseInt64(c.Arg(1), out long replicas))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
            return;
        }
        if (!c.TryReadTimeout(2, TimeoutUnit.Milliseconds, out long timeoutMs)) return;
        if (replicas <= 0) c.Reply.Integer(0);
        else c.Block(default, 0, 0, timeoutMs, BlockedReply.Replicas);
    }

    [Command("WAITAOF", Arity = 4, Flags = CommandFlags.Blocking, Group = CommandGroup.Generic, Since = "7.2.0", Complexity = "O(1)",
        Acl = "-keyspace connection", Tips = "request_policy:all_shards response_policy:agg_min",
        Summary = "Waits until the connection's writes are in the append-only files here and at replicas.",
        Syntax = "numlocal numreplicas timeout:int")]
    public static void WaitAof(CommandContext c)
    {
        if (!TryReadLocal(c, out long local) || !TryReadReplicas(c, out long replicas)) return;
        if (!c.TryReadTimeout(3, TimeoutUnit.Milliseconds, out long timeoutMs)) return;
        bool isOn = c.Engine.AppendOnlyFile is { IsEnabled: true };
        if (local > 0 && !isOn)
        {
            c.Reply.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."u8);
            return;
        }
        int durable = c.Engine.IsDurable(c.Client) ? 1 : 0;
        if (replicas == 0 && durable >= local)
        {
            c.Reply.Array(2);
            c.Reply.Integer(durable);
            c.Reply.Integer(0);
            return;
        }
        c.Block(default, 0, 0, timeoutMs, BlockedReply.Durability);
        if (c.Client.IsBlocked) c.Engine.Durability.Add(c.Client);
    }

    private static bool TryReadLocal(CommandContext c, out long number)
    {
        if (!NumberText.TryParseInt64(c.Arg(1), out number)) return c.Refuse(CommandErrors.NotAnInteger);
        return number is 0 or 1 || c.Refuse("ERR value is out of range, value must between 0 and 1"u8);
    }

    /// <summary>What is no number at all is refused in the same words, as by Valkey.</summary>
    private static bool TryReadReplicas(CommandContext c, out long number) =>
        (NumberText.TryParseInt64(c.Arg(2), out number) && number >= 0) || c.Refuse("ERR value is out of range, must be positive"u8);
}
