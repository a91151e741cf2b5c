namespace Sigrun.Commands;

/// <summary>Commands about the snapshot file.</summary>
internal static class SnapshotCommands
{
    private static ReadOnlySpan<byte> CannotRewrite =>
        "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."u8;

    private static ReadOnlySpan<byte> AnotherIsActive =>
        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."u8;

    [Command("SAVE", Arity = 1,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(N)", Summary = "Saves all data to the disk, and holds everybody up meanwhile.")]
    public static void Save(CommandContext c)
    {
        if (RefusesWithoutFiles(c)) return;
        if (c.Engine.Saving.IsActive)
        {
            c.Reply.Error("ERR Background save already in progress"u8);
            return;
        }
        c.SuppressEffects();
        c.Engine.Snapshots.Saves++;
        if (c.Engine.Snapshots.TrySave(out string? refusal)) c.Reply.Ok();
        else if (refusal is null) c.Reply.Error("ERR"u8);
        else c.Reply.Error("ERR " + refusal);
    }

    [Command("BGSAVE", Arity = -1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)", Summary = "Saves all data to the disk in the background.",
        Syntax = "[operation=SCHEDULE@3.2.2|CANCEL@8.1.0]", History = ["3.2.2: SCHEDULE", "8.1.0: CANCEL"])]
    public static void BackgroundSave(CommandContext c)
    {
        if (RefusesWithoutFiles(c)) return;
        bool schedules = false;
        if (c.ArgCount > 1)
        {
            if (c.ArgCount == 2 && c.ArgIs(1, "CANCEL"u8))
            {
                Cancel(c);
                return;
            }
            schedules = c.ArgCount == 2 && c.ArgIs(1, "SCHEDULE"u8);
            if (!schedules)
            {
                c.Reply.Error(CommandErrors.Syntax);
                return;
            }
        }
        if (c.Engine.Saving.IsActive) c.Reply.Error("ERR Background save already in progress"u8);
        else if (c.Engine.Executor.IsInTransaction || (schedules && c.Engine.Background.IsActive)) Schedule(c, schedules);
        else if (c.Engine.Background.IsActive) c.Reply.Error(AnotherIsActive);
        else if (c.Engine.Saving.TryStart()) c.Reply.SimpleString("Background saving started"u8);
        else c.Reply.Error("ERR"u8);
    }

    private static void Schedule(CommandContext c, bool isAsked)
    {
        c.Engine.Saving.Schedule();
        c.Engine.Log.Notice(isAsked ? "Background saving scheduled due to user request" : "Background saving scheduled to run after transaction execution");
        c.Reply.SimpleString("Background saving scheduled"u8);
    }

    private static void Cancel(CommandContext c)
    {
        if (c.Engine.Saving.IsActive)
        {
            c.Engine.Log.Notice("Background saving will be aborted due to user request");
            c.Engine.Saving.Cancel();
            c.Reply.SimpleString("Background saving cancelled"u8);
        }
        else if (c.Engine.Saving.IsScheduled)
        {
            c.Engine.Log.Notice("Scheduled background saving will be cancelled due to user request");
            c.Engine.Saving.Unschedule();
            c.Reply.SimpleString("Scheduled background saving cancelled"u8);
        }
        else
        {
            c.Reply.Error("ERR Background saving is currently not in progress or scheduled"u8);
        }
    }

    [Command("BGREWRITEAOF", Arity = 1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)", Summary = "Makes the append-only file as short as the data allows, in the background.")]
    public static void RewriteAppendOnlyFile(CommandContext c)
    {
        if (RefusesWithoutFiles(c)) return;
        if (c.Engine.AppendOnlyFile is not { } file)
        {
            c.Reply.Error(CannotRewrite);
            return;
        }
        if (file.Rewrite.IsActive)
        {
            c.Reply.Error("ERR Background append only file rewriting already in progress"u8);
        }
        else if (c.Engine.Background.IsActive || c.Engine.Executor.IsInTransaction)
        {
            file.Rewrite.ScheduleOnRequest();
            c.Engine.Log.Notice("Background append only file rewriting scheduled.");
            c.Reply.SimpleString("Background append only file rewriting scheduled"u8);
        }
        else if (file.Rewrite.TryStart())
        {
            c.Reply.SimpleString("Background append only file rewriting started"u8);
        }
        else
        {
            c.Reply.Error(CannotRewrite);
        }
    }

    [Command("LASTSAVE", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)", Acl = "admin dangerous",
        Tips = "nondeterministic_output", Summary = "Tells when the data was last saved.")]
    public static void LastSave(CommandContext c) => c.Reply.Integer(c.Engine.Snapshots.LastSaveSeconds);

    private static bool RefusesWithoutFiles(CommandContext c)
    {
        if (c.Engine.HasFiles) return false;
        c.Reply.Error("ERR " + NoFiles.Reason);
        return true;
    }
}
