namespace Sigrun.Commands;

/// <summary>What no client may do at present, because of the state that the engine is in.</summary>
internal static class CommandGate
{
    /// <summary>What a client is told that sends a command now; null when the command may run.</summary>
    public static string? Refusal(Engine engine, int commandId)
    {
        if (!engine.IsGated) return null;
        var flags = (CommandFlags)CommandTable.FlagBits[commandId];
        bool changesData = (flags & CommandFlags.Write) != 0 || CommandTable.FullName(commandId).SequenceEqual("ping"u8);
        if (engine.Snapshots.RefusesWrites && changesData) return CannotSave(ProductOf(engine));
        return engine.Snapshots.Loading is not null && (flags & CommandFlags.Loading) == 0
            ? $"LOADING {ProductOf(engine)} is loading the dataset in memory"
            : null;
    }

    private static string ProductOf(Engine engine) => engine.Settings.Types.ExtendedRedisCompatibility ? "Redis" : "Valkey";

    private static string CannotSave(string product) =>
        $"MISCONF {product} is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may "
        + "modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting "
        + $"fails (stop-writes-on-bgsave-error option). Please check the {product} logs for details about the RDB error.";
}
