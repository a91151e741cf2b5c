using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sigrun.Hosting;

/// <summary>Whether a server runs and keeps what it has promised.</summary>
internal sealed class SigrunHealthCheck(SigrunServer server) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
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
        catch (InvalidOperationException fault)
        {
            string state = fault is not ObjectDisposedException ? "The server has not started yet."
                : server.Completion.IsFaulted ? "The server has failed." : "The server has ended.";
            return new HealthCheckResult(context.Registration.FailureStatus, state, server.Completion.Exception?.InnerException);
        }
    }
}
