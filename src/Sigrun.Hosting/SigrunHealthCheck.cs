using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sigrun.Hosting;

/// <summary>Whether a server runs and keeps what it has promised.</summary>
internal sealed class SigrunHealthCheck(SigrunHostedService service) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (service.StartedServer is not { } server) return new HealthCheckResult(context.Registration.FailureStatus, "The server has not started yet.");
        try
        {
            SigrunStatistics statistics = await server.GetStatisticsAsync(cancellationToken).ConfigureAwait(false);
            var data = new Dictionary<string, object>
            {
                ["keys"] = statistics.Keys,
                ["clients"] = statistics.ConnectedClients,
                ["used_memory"] = statistics.UsedMemoryBytes,
            };
            return statistics.LastSaveSucceeded
                ? HealthCheckResult.Healthy("The server runs.", data)
                : HealthCheckResult.Degraded("Data could not be written to disk.", data: data);
        }
        catch (ObjectDisposedException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The server has ended.", server.Completion.Exception?.InnerException);
        }
    }
}
