using Microsoft.Extensions.Logging;

namespace Sigrun.Hosting;

/// <summary>Hands the lines of a server's log on to a logger.</summary>
internal sealed partial class SigrunLogger(ILogger logger)
{
    /// <summary>The category of all that a server logs.</summary>
    public const string Category = "Sigrun";

    /// <summary>The server has failed, and all that needs it will.</summary>
    public void HasFailed(Exception failure) => WriteFailed(logger, failure);

    /// <summary>The server has ended, and the host does not.</summary>
    public void HasEnded() => WriteEnded(logger);

    /// <summary>Logs a line.</summary>
    public void Log(SigrunLogLevel level, string message) => Write(logger, level switch
    {
        SigrunLogLevel.Debug => LogLevel.Trace,
        SigrunLogLevel.Verbose => LogLevel.Debug,
        SigrunLogLevel.Notice => LogLevel.Information,
        _ => LogLevel.Warning,
    }, message);

    [LoggerMessage(EventId = 1, EventName = "ServerLog", Message = "{Message}")]
    private static partial void Write(ILogger logger, LogLevel level, string message);

    [LoggerMessage(EventId = 2, EventName = "ServerFailed", Level = LogLevel.Critical, Message = "The server has failed.")]
    private static partial void WriteFailed(ILogger logger, Exception failure);

    [LoggerMessage(EventId = 3, EventName = "ServerEnded", Level = LogLevel.Error, Message = "The server has ended before its host: a client has sent SHUTDOWN, or the program has stopped it.")]
    private static partial void WriteEnded(ILogger logger);
}
