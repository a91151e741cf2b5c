using Sigrun.Clients;

namespace Sigrun.Observability;

/// <summary>Bytes received from and sent to all clients, past and present.</summary>
internal readonly record struct NetworkTotals(long Received, long Sent)
{
    /// <summary>Reads the totals of an engine.</summary>
    public static NetworkTotals Read(Engine engine)
    {
        long received = engine.Statistics.ClosedBytesReceived;
        long sent = engine.Statistics.ClosedBytesSent;
        foreach (ClientSession client in engine.Clients.All)
        {
            received += client.BytesReceived;
            sent += client.BytesSent;
        }
        return new NetworkTotals(received, sent);
    }
}
