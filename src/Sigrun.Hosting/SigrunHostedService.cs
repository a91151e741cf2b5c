using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sigrun.Hosting;

/// <summary>Starts and stops a server with its host.</summary>
internal sealed partial class SigrunHostedService(IOptions<SigrunServerOptions> options, ILoggerFactory loggers, IMeterFactory meters)
    : IHostedService, IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("Sigrun");
    private SigrunServer? _server;
    private SigrunMeter? _meter;

    /// <summary>The server.</summary>
    /// <exception cref="InvalidOperationException">The host has not started it.</exception>
    public SigrunServer Server => _server ?? throw new InvalidOperationException("The host has not started the server yet.");

    /// <summary>The server, once the host has started it.</summary>
    public SigrunServer? StartedServer => _server;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        SigrunServerOptions chosen = options.Value;
        chosen.Log += Log;
        _server = await SigrunServer.StartAsync(chosen, cancellationToken).ConfigureAwait(false);
        _meter = new SigrunMeter(_server, meters);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is null) return;
        await _server.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _meter?.Dispose();
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
    }

    private void Log(SigrunLogLevel level, string message) => Write(level switch
    {
        SigrunLogLevel.Debug => LogLevel.Trace,
        SigrunLogLevel.Verbose => LogLevel.Debug,
        SigrunLogLevel.Notice => LogLevel.Information,
        _ => LogLevel.Warning,
    }, message);

    [LoggerMessage(EventId = 1, EventName = "ServerLog", Message = "{Message}")]
    private partial void Write(LogLevel level, string message);
}
