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
        _meter.CreateObservableUpDownCounter("sigrun.clients", () => Measure(static figures => figures.ConnectedClients), "{client}", "Clients connected now.");
        _meter.CreateObservableUpDownCounter("sigrun.keys", () => Measure(static figures => figures.Keys), "{key}", "Keys in all databases.");
        _meter.CreateObservableUpDownCounter("sigrun.memory.used", () => Measure(static figures => figures.UsedMemoryBytes), "By", "Memory for data and clients.");
        _meter.CreateObservableCounter("sigrun.commands", () => Measure(static figures => figures.CommandsProcessed), "{command}", "Commands executed.");
        _meter.CreateObservableCounter("sigrun.errors", () => Measure(static figures => figures.ErrorReplies), "{error}", "Errors answered.");
        _meter.CreateObservableCounter("sigrun.keyspace.hits", () => Measure(static figures => figures.KeyspaceHits), "{lookup}", "Lookups for reading that found the key.");
        _meter.CreateObservableCounter("sigrun.keyspace.misses", () => Measure(static figures => figures.KeyspaceMisses), "{lookup}", "Lookups for reading that did not.");
        _meter.CreateObservableCounter("sigrun.keys.expired", () => Measure(static figures => figures.ExpiredKeys), "{key}", "Keys removed because their time was over.");
        _meter.CreateObservableCounter("sigrun.keys.evicted", () => Measure(static figures => figures.EvictedKeys), "{key}", "Keys removed because memory was short.");
        _meter.CreateObservableCounter("sigrun.network.received", () => Measure(static figures => figures.BytesReceived), "By", "Bytes received from clients.");
        _meter.CreateObservableCounter("sigrun.network.sent", () => Measure(static figures => figures.BytesSent), "By", "Bytes sent to clients.");
    }

    /// <summary>Ends the instruments, unless they are the factory's to end.</summary>
    public void Dispose() => _meter.Dispose();

    /// <summary>One figure, or none when the server has ended.</summary>
    private Measurement<T>[] Measure<T>(Func<SigrunStatistics, T> figure)
        where T : struct => Read() is { } figures ? [new Measurement<T>(figure(figures))] : [];

    /// <summary>The figures of now, or the last ones there were when the server is busy; null when it has ended.</summary>
    private SigrunStatistics? Read()
    {
        lock (_reading)
        {
            if (_server.Completion.IsCompleted) return null;
            if (_readAt != 0 && _time.GetElapsedTime(_readAt) < Freshness) return _last;
            try
            {
                using var patience = new CancellationTokenSource(Patience);
                _last = _server.GetStatisticsAsync(patience.Token).GetAwaiter().GetResult();
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (OperationCanceledException)
            {
                // The last ones will do.
            }
            _readAt = _time.GetTimestamp();
            return _last;
        }
    }
}
