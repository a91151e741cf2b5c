namespace Sigrun.Commands;

/// <summary>A running command, as its handler sees it.</summary>
public sealed class CommandContext
{
}
