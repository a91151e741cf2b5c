using Sigrun.Clients;

namespace Sigrun.Commands;

/// <summary>What no client may do at present, because of the state that the engine is in.</summary>
internal static class CommandGate
{
    /// <summary>What a client is told that sends a command now; null when the command may run.</summary>
    public static string? Refusal(Engine engine, ClientSession session, int commandId)
    {
        if (!engine.IsGated) return null;
        var flags = (CommandFlags)CommandTable.FlagBits[commandId];
        if (engine.Snapshots.RefusesWrites && IsWrite(session, commandId)) return CannotSave(ProductOf(engine));
        if (engine.AppendOnlyFile is { RefusesWrites: true } file && IsWrite(session, commandId)) return file.RefusalText;
        return engine.Loading is not null && (flags & CommandFlags.Loading) == 0
            ? $"LOADING {ProductOf(engine)} is loading the dataset in memory"
            : null;
    }

    /// <summary>Whether a command would write, or is the one that is asked whether all is well.</summary>
    private static bool IsWrite(ClientSession session, int id)
    {
        if (((CommandFlags)CommandTable.FlagBits[id] & CommandFlags.Write) != 0) return true;
        if (CommandTable.FullName(id).SequenceEqual("ping"u8)) return true;
        return CommandTable.FullName(id).SequenceEqual("exec"u8) && session.Transaction is { IsOpen: true } transaction && transaction.Queue.HasWrites;
    }

    private static string ProductOf(Engine engine) => engine.Settings.Types.ExtendedRedisCompatibility ? "Redis" : "Valkey";

    private static string CannotSave(string product) =>
        $"MISCONF {product} is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may "
        + "modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting "
        + $"fails (stop-writes-on-bgsave-error option). Please check the {product} logs for details about the RDB error.";
}
