namespace Sigrun.Cli;

/// <summary>Ends the process with an exit code, from wherever that becomes clear.</summary>
internal sealed class ExitException(int code, string? message = null) : Exception(message)
{
    /// <summary>The exit code.</summary>
    public int Code { get; } = code;

    /// <summary>What is said on the error stream; null for nothing.</summary>
    public string? Complaint { get; } = message;

    /// <summary>Ends the process with 1 and a message.</summary>
    public static ExitException Failure(string message) => new(1, message);
}
