using Sigrun.Configuration;

namespace Sigrun.Clients;

/// <summary>client-output-buffer-limit: how much output may wait for a client before the connection is closed.</summary>
/// <remarks>
/// Looked at when a client's output grows by a segment or a message, and about once a second for all clients, so that a soft
/// limit also ends a client for which nothing more comes. What is closed gets nothing of what waits: part of a reply would
/// be worse than none.
/// </remarks>
internal sealed class OutputLimits(Engine engine)
{
    /// <summary>Output that may wait for a client that was never logged in where that is required.</summary>
    private const long UnauthenticatedMax = 1024;

    /// <summary>Output that nobody is hurt by when it waits for a moment.</summary>
    private const long LittleMax = 32 * 1024;

    /// <summary>Whether the first buffer of a client counts, too, that there is otherwise for nothing (DEBUG CLIENT-ENFORCE-REPLY-LIST).</summary>
    public bool CountsFirstBuffer { get; set; }

    private readonly long[] _least = new long[3];

    /// <summary>Takes over the limits as they are configured.</summary>
    public void Apply()
    {
        for (int i = 0; i < _least.Length; i++)
        {
            OutputBufferLimit limit = engine.Settings.Network.OutputBufferLimits[i];
            _least[i] = Math.Min(Bound(limit.HardBytes), Bound(limit.SoftBytes));
        }
    }

    /// <summary>Whether a client's output is worth a closer look.</summary>
    public bool MayExceed(ClientSession client) => client.OutputMemory > 0 && (client.SoftLimitSinceSeconds != 0
        || client.OutputMemory >= (client.WasAuthenticated ? _least[(int)client.OutputClass] : UnauthenticatedMax));

    /// <summary>Whether a client's output should leave before more is written: what waits must not bring it near its limit.</summary>
    public bool IsMuch(ClientSession client) => client.OutputMemory > Math.Min(LittleMax, _least[(int)client.OutputClass] / 4);

    /// <summary>Closes a client that is over a limit, later in the turn; false when it is.</summary>
    public bool Check(ClientSession client)
    {
        if (client.IsDoomed) return false;
        if (!IsOver(client)) return true;
        engine.Log.Warning($"Client {ClientReport.LogLine(client)} scheduled to be closed ASAP for overcoming of output buffer limits.");
        Close(client);
        return false;
    }

    /// <summary>The look that each client gets about once a second.</summary>
    public void CheckByTime(ClientSession client)
    {
        if (client.IsDoomed || client.OutputMemory == 0 || !IsOver(client)) return;
        engine.Log.Warning($"Client {ClientReport.LogLine(client)} closed for overcoming of output buffer limits.");
        Close(client);
    }

    private static long Bound(ulong bytes) => bytes == 0 ? long.MaxValue : (long)Math.Min(bytes, long.MaxValue);

    private void Close(ClientSession client)
    {
        engine.Statistics.OutputBufferDisconnections++;
        client.Doom();
    }

    private bool IsOver(ClientSession client)
    {
        if (client.Connection is null) return false;
        long bytes = client.OutputMemory;
        if (bytes > UnauthenticatedMax && client.MustLogIn && !client.WasAuthenticated) return true;
        OutputBufferLimit limit = engine.Settings.Network.OutputBufferLimits[(int)client.OutputClass];
        if (limit.HardBytes != 0 && (ulong)bytes >= limit.HardBytes) return true;
        if (limit.SoftBytes == 0 || (ulong)bytes < limit.SoftBytes)
        {
            client.SoftLimitSinceSeconds = 0;
            return false;
        }
        long now = engine.NowMs / 1000;
        if (client.SoftLimitSinceSeconds == 0)
        {
            client.SoftLimitSinceSeconds = now;
            return false;
        }
        return now - client.SoftLimitSinceSeconds > limit.SoftSeconds;
    }
}

/// <summary>Which of the limits holds for a client, in the order of the settings.</summary>
internal enum OutputClass
{
    /// <summary>None of the others.</summary>
    Normal,

    /// <summary>A replica.</summary>
    Replica,

    /// <summary>A client with subscriptions.</summary>
    PubSub,
}
