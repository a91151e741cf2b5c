namespace Sigrun.Commands;

/// <summary>Commands about the snapshot file.</summary>
internal static class SnapshotCommands
{
    [Command("SAVE", Arity = 1,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(N)", Summary = "Saves all data to the disk, and holds everybody up meanwhile.")]
    public static void Save(CommandContext c)
    {
        c.SuppressEffects();
        c.Engine.Snapshots.Saves++;
        if (c.Engine.Snapshots.TrySave(out string? refusal)) c.Reply.Ok();
        else if (refusal is null) c.Reply.Error("ERR"u8);
        else c.Reply.Error("ERR " + refusal);
    }

    [Command("LASTSAVE", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)", Acl = "admin dangerous",
        Tips = "nondeterministic_output", Summary = "Tells when the data was last saved.")]
    public static void LastSave(CommandContext c) => c.Reply.Integer(c.Engine.Snapshots.LastSaveSeconds);
}
