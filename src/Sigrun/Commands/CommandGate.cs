using Sigrun.Clients;

namespace Sigrun.Commands;

/// <summary>What no client may do at present, because of the state that the engine is in.</summary>
internal static class CommandGate
{
    /// <summary>What a client is told whose command needs memory while there is none.</summary>
    public const string OutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";

    /// <summary>What a client is told that listens to all commands and sends one on data.</summary>
    private const string RefusalOfMonitor = "ERR Replica can't interact with the keyspace";

    /// <summary>What a client is told that sends a command now; null when the command may run.</summary>
    public static string? Refusal(Engine engine, ClientSession session, int commandId)
    {
        if (!engine.IsGated) return session.ListensOnly ? RefusalOfListener(commandId) : null;
        var flags = (CommandFlags)CommandTable.FlagBits[commandId];
        if (engine.Eviction.IsStuck && Does(session, commandId, CommandFlags.DenyOom)) return OutOfMemory;
        if (engine.Snapshots.RefusesWrites && IsWrite(session, commandId)) return CannotSave(ProductOf(engine));
        if (engine.AppendOnlyFile is { RefusesWrites: true } file && IsWrite(session, commandId)) return file.RefusalText;
        if (session.ListensOnly && RefusalOfListener(commandId) is { } refusal) return refusal;
        if (session.IsMonitor && (flags & (CommandFlags.Write | CommandFlags.ReadOnly | CommandFlags.MayReplicate)) != 0) return RefusalOfMonitor;
        return engine.Loading is not null && (flags & CommandFlags.Loading) == 0
            ? $"LOADING {ProductOf(engine)} is loading the dataset in memory"
            : null;
    }

    /// <summary>Whether a command would write, or is the one that is asked whether all is well.</summary>
    private static bool IsWrite(ClientSession session, int id)
    {
        return Does(session, id, CommandFlags.Write) || id == CommandIds.Ping;
    }

    /// <summary>Whether a command has a flag; EXEC when one of the queued commands has.</summary>
    private static bool Does(ClientSession session, int id, CommandFlags flag)
    {
        if (((CommandFlags)CommandTable.FlagBits[id] & flag) != 0) return true;
        return id == CommandIds.Exec && session.Transaction is { IsOpen: true } transaction && transaction.Queue.HasAny(flag);
    }

    /// <summary>A client that may take any reply for a message, and knows no other way to get messages, can do little else than listen.</summary>
    private static string? RefusalOfListener(int commandId) =>
        MaySendWhileListening(CommandTable.FullName(commandId))
            ? null
            : $"ERR Can't execute '{System.Text.Encoding.ASCII.GetString(CommandTable.FullName(commandId))}': only (P|S)SUBSCRIBE / "
                + "(P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";

    private static bool MaySendWhileListening(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("ping"u8) || name.SequenceEqual("quit"u8) || name.SequenceEqual("reset"u8)) return true;
        if (name[0] is (byte)'p' or (byte)'s' && !name.SequenceEqual("subscribe"u8)) name = name[1..];
        return name.SequenceEqual("subscribe"u8) || name.SequenceEqual("unsubscribe"u8);
    }

    private static string ProductOf(Engine engine) => engine.Settings.Types.ExtendedRedisCompatibility ? "Redis" : "Valkey";

    private static string CannotSave(string product) =>
        $"MISCONF {product} is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may "
        + "modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting "
        + $"fails (stop-writes-on-bgsave-error option). Please check the {product} logs for details about the RDB error.";
}
