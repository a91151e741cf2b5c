using System.Diagnostics.Metrics;

namespace Sigrun.Hosting;

/// <summary>The figures of a server as instruments of the meter <c>Sigrun</c>, read when somebody collects them.</summary>
internal sealed class SigrunMeter : IDisposable
{
    /// <summary>How long figures are good: a collector asks for one instrument after the other.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a collector waits for a server that is busy with one long command.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SigrunServer _server;
    private readonly Meter _meter;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Lock _reading = new();
    private SigrunStatistics? _last;
    private long _readAt;

    /// <summary>Makes the instruments.</summary>
    public SigrunMeter(SigrunServer server, IMeterFactory meters)
    {
        _server = server;
        _meter = meters.Create("Sigrun");
        _meter.CreateObservableUpDownCounter("sigrun.clients", () => Read().ConnectedClients, "{client}", "Clients connected now.");
        _meter.CreateObservableUpDownCounter("sigrun.keys", () => Read().Keys, "{key}", "Keys in all databases.");
        _meter.CreateObservableUpDownCounter("sigrun.memory.used", () => Read().UsedMemoryBytes, "By", "Memory for data and clients.");
        _meter.CreateObservableCounter("sigrun.commands", () => Read().CommandsProcessed, "{command}", "Commands executed.");
        _meter.CreateObservableCounter("sigrun.errors", () => Read().ErrorReplies, "{error}", "Errors answered.");
        _meter.CreateObservableCounter("sigrun.keyspace.hits", () => Read().KeyspaceHits, "{lookup}", "Lookups for reading that found the key.");
        _meter.CreateObservableCounter("sigrun.keyspace.misses", () => Read().KeyspaceMisses, "{lookup}", "Lookups for reading that did not.");
        _meter.CreateObservableCounter("sigrun.keys.expired", () => Read().ExpiredKeys, "{key}", "Keys removed because their time was over.");
        _meter.CreateObservableCounter("sigrun.keys.evicted", () => Read().EvictedKeys, "{key}", "Keys removed because memory was short.");
        _meter.CreateObservableCounter("sigrun.network.received", () => Read().BytesReceived, "By", "Bytes received from clients.");
        _meter.CreateObservableCounter("sigrun.network.sent", () => Read().BytesSent, "By", "Bytes sent to clients.");
    }

    /// <summary>Ends the instruments.</summary>
    public void Dispose() => _meter.Dispose();

    /// <summary>The figures of now, or the last ones there were.</summary>
    private SigrunStatistics Read()
    {
        lock (_reading)
        {
            if (_last is not null && _time.GetElapsedTime(_readAt) < Freshness) return _last;
            try
            {
                using var patience = new CancellationTokenSource(Patience);
                _last = _server.GetStatisticsAsync(patience.Token).GetAwaiter().GetResult();
            }
            catch (Exception fault) when (fault is ObjectDisposedException or OperationCanceledException)
            {
                _last ??= new SigrunStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, LastSaveSucceeded: true);
            }
            _readAt = _time.GetTimestamp();
            return _last;
        }
    }
}
