using Microsoft.Extensions.Logging;

namespace Sigrun.Hosting;

/// <summary>Hands the lines of a server's log on to a logger.</summary>
internal sealed partial class SigrunLogger(ILogger logger)
{
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
}
