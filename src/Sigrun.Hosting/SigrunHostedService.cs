using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Sigrun.Hosting;

/// <summary>Starts and stops a server with its host.</summary>
internal sealed class SigrunHostedService(SigrunServer server, IMeterFactory meters) : IHostedService, IDisposable
{
    private SigrunMeter? _meter;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await server.StartAsync(cancellationToken).ConfigureAwait(false);
        _meter = new SigrunMeter(server, meters);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _meter?.Dispose();
}
