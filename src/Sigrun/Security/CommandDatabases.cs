using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Security;

/// <summary>The databases that commands name besides the one they run in.</summary>
internal static class CommandDatabases
{
    /// <summary>Whether a command names databases; then the one it runs in is not asked for.</summary>
    public static bool NamesSome(int id) => id is CommandIds.Select or CommandIds.Swapdb or CommandIds.Move or CommandIds.Copy;

    /// <summary>Finds the arguments that name databases: none unless all of them are numbers of databases.</summary>
    /// <param name="id">The command.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="count">How many databases there are.</param>
    public static ReadOnlySpan<int> Find(int id, ArgumentList arguments, int count)
    {
        ReadOnlySpan<int> found = id switch
        {
            CommandIds.Select => [1],
            CommandIds.Swapdb => [1, 2],
            CommandIds.Move => [2],
            CommandIds.Copy when arguments.Count >= 5 && arguments.Is(3, "db"u8) => [4],
            _ => [],
        };
        foreach (int argument in found)
        {
            if (!NumberText.TryParseInt64(arguments[argument], out long database) || (ulong)database >= (ulong)count) return [];
        }
        return found;
    }
}
