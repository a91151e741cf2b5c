namespace Sigrun.CheckAof;

/// <summary>The check ends here; the message, with its line end, is the last thing to be printed. Exit code 1.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
