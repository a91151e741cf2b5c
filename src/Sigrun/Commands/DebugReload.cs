using Sigrun.Persistence;

namespace Sigrun.Commands;

/// <summary>DEBUG RELOAD: the data is saved to its file and loaded again, as if the server had started anew.</summary>
/// <remarks>The old data goes only when the new is there: a file that cannot be loaded costs nothing.</remarks>
internal static class DebugReload
{
    /// <summary>Reloads all databases; keys whose time is over do not come back.</summary>
    public static void Run(CommandContext c)
    {
        if (!TryReadOptions(c, out bool saves, out bool flushes, out bool merges)) return;
        Snapshots snapshots = c.Engine.Snapshots;
        c.SuppressEffects();
        string? refusal = null;
        if (saves && !snapshots.TrySave(out refusal))
        {
            c.Reply.Error(refusal is null ? "ERR" : "ERR " + refusal);
            return;
        }
        c.HasWritten = true;
        var options = new RdbLoadOptions { Replaces = merges };
        RdbLoadResult result = flushes ? snapshots.Reload(options) : snapshots.Load(options);
        if (result != RdbLoadResult.Loaded)
        {
            c.Reply.Error("ERR Error trying to load the RDB dump, check server logs."u8);
            return;
        }
        c.Engine.Log.Notice("DB reloaded by DEBUG RELOAD");
        c.Reply.Ok();
    }

    private static bool TryReadOptions(CommandContext c, out bool saves, out bool flushes, out bool merges)
    {
        saves = flushes = true;
        merges = false;
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "merge"u8)) merges = true;
            else if (c.ArgIs(i, "noflush"u8)) flushes = false;
            else if (c.ArgIs(i, "nosave"u8)) saves = false;
            else
            {
                c.Reply.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."u8);
                return false;
            }
        }
        return true;
    }
}
