using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sigrun.Hosting;

/// <summary>Starts and stops a server with its host, and tells the host of a server that ends by itself.</summary>
internal sealed class SigrunHostedService(SigrunServer server, IMeterFactory meters, IOptions<SigrunServerOptions> options,
    IHostApplicationLifetime lifetime, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private readonly SigrunLogger _logger = new(loggers.CreateLogger(SigrunLogger.Category));
    private SigrunMeter? _meter;
    private Task _end = Task.CompletedTask;
    private volatile bool _isStopping;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await server.StartAsync(cancellationToken).ConfigureAwait(false);
        _meter = new SigrunMeter(server, meters);
        _end = WatchAsync();
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await server.StopAsync(cancellationToken).ConfigureAwait(false);
        await _end.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter?.Dispose();

    private async Task WatchAsync()
    {
        try
        {
            await server.Completion.ConfigureAwait(false);
            if (!_isStopping) _logger.HasEnded();
        }
        catch (SigrunServerException failure)
        {
            _logger.HasFailed(failure);
        }
        if (!_isStopping && options.Value.StopsHost) lifetime.StopApplication();
    }
}
