namespace Sigrun.Commands;

/// <summary>
/// Ends a command with an error reply, before it has changed anything: memory is exhausted, a limit is
/// exceeded deep inside.
/// </summary>
internal sealed class CommandFailedException(string message) : Exception(message);
