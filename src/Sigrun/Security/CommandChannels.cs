namespace Sigrun.Security;

/// <summary>The channels that commands name. Taking subscriptions back is always allowed, so that those commands name none.</summary>
internal static class CommandChannels
{
    /// <summary>Finds the arguments that are channels, or patterns of channels.</summary>
    /// <param name="id">The command.</param>
    /// <param name="argumentCount">How many arguments it has.</param>
    /// <param name="arePatterns">Whether they are patterns.</param>
    /// <returns>The first of them and the one behind the last.</returns>
    public static (int Start, int End) Find(int id, int argumentCount, out bool arePatterns)
    {
        arePatterns = id == Commands.CommandIds.Psubscribe;
        return id switch
        {
            Commands.CommandIds.Subscribe or Commands.CommandIds.Ssubscribe or Commands.CommandIds.Psubscribe => (1, argumentCount),
            Commands.CommandIds.Publish or Commands.CommandIds.Spublish => (1, 2),
            _ => (0, 0),
        };
    }
}
