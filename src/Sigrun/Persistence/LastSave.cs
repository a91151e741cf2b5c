using Sigrun.Configuration;

namespace Sigrun.Persistence;

/// <summary>What happens to the data before the engine ends.</summary>
internal static class LastSave
{
    /// <summary>Ends what is saved in the background, and saves what is to be saved.</summary>
    /// <returns>False when data would be lost, so that the engine goes on; the log says why.</returns>
    public static bool TryRun(Engine engine, ShutdownOptions options)
    {
        bool isForced = (options & ShutdownOptions.Force) != 0;
        if (!TryEndBackground(engine, isForced)) return false;
        engine.AppendOnlyFile?.SyncAtEnd();
        bool saves = (options & ShutdownOptions.Save) != 0 || (engine.Snapshots.HasSavePoints && (options & ShutdownOptions.NoSave) == 0);
        if (!saves || engine.Loading is not null) return true;
        engine.Log.Notice("Saving the final RDB snapshot before exiting.");
        engine.TellSupervisor?.Invoke("STATUS=Saving the final RDB snapshot\n");
        if (engine.Snapshots.TrySave(out _)) return true;
        if (!isForced)
        {
            engine.Log.Warning("Error trying to save the DB, can't exit.");
            engine.TellSupervisor?.Invoke("STATUS=Error trying to save the DB, can't exit.\n");
            return false;
        }
        engine.Log.Warning("Error trying to save the DB. Exit anyway.");
        return true;
    }

    /// <summary>Gives up what would come too late; not the first base of an append-only file, which holds all data.</summary>
    private static bool TryEndBackground(Engine engine, bool isForced)
    {
        if (engine.Saving.IsActive)
        {
            engine.Log.Warning("There is a child saving an .rdb. Killing it!");
            engine.Background.Abort();
        }
        if (engine.AppendOnlyFile is not { Rewrite.IsActive: true } file) return true;
        if (file.IsWaitingForBase)
        {
            engine.Log.Warning(isForced ? "Writing initial AOF. Exit anyway." : "Writing initial AOF, can't exit.");
            if (!isForced)
            {
                engine.TellSupervisor?.Invoke("STATUS=Writing initial AOF, can't exit.\n");
                return false;
            }
        }
        engine.Log.Warning("There is a child rewriting the AOF. Killing it!");
        file.Rewrite.Abort();
        return true;
    }
}
