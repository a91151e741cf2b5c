namespace Sigrun.Migration;

/// <summary>Connections to other servers that are kept for a while, since keys are seldom moved alone.</summary>
internal sealed class TargetConnections(Engine engine) : IDisposable
{
    /// <summary>When there are more, one at random has to go.</summary>
    private const int CountMax = 64;

    /// <summary>How long one is kept that nobody asks for.</summary>
    private const int IdleSecondsMax = 10;

    private readonly List<TargetConnection> _connections = [];

    /// <summary>Connections that are open.</summary>
    public int Count => _connections.Count;

    /// <summary>A connection, made if there is none; null when that fails.</summary>
    public TargetConnection? Get(ReadOnlySpan<byte> host, ReadOnlySpan<byte> port, int timeoutMs)
    {
        TargetConnection? found = Find(host, port);
        if (found is null)
        {
            if (_connections.Count == CountMax) Close(_connections[engine.Random.NextInt(CountMax)]);
            found = TargetConnection.TryConnect(host, port, timeoutMs);
            if (found is null) return null;
            _connections.Add(found);
        }
        found.LastUsedSeconds = engine.NowMs / 1000;
        found.TimeoutMs = timeoutMs;
        return found;
    }

    /// <summary>Ends a connection.</summary>
    public void Close(TargetConnection connection)
    {
        _connections.Remove(connection);
        connection.Dispose();
    }

    /// <summary>Ends those that nobody has asked for of late.</summary>
    public void CloseIdle()
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            if (engine.NowMs / 1000 - _connections[i].LastUsedSeconds > IdleSecondsMax) Close(_connections[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_connections.Count > 0) Close(_connections[^1]);
    }

    private TargetConnection? Find(ReadOnlySpan<byte> host, ReadOnlySpan<byte> port)
    {
        foreach (TargetConnection connection in _connections)
        {
            if (host.SequenceEqual(connection.Host) && port.SequenceEqual(connection.Port)) return connection;
        }
        return null;
    }
}
