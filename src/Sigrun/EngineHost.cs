using Sigrun.Clients;
using Sigrun.Network;

namespace Sigrun;

/// <summary>Connects an engine with an event loop: accepts clients, passes requests on, runs the cron.</summary>
internal sealed class EngineHost : IEventLoopHost, IDisposable
{
    private readonly Engine _engine;
    private readonly SessionResources _resources = new();

    /// <summary>Creates the host of an engine and its event loop.</summary>
    public EngineHost(Engine engine)
    {
        _engine = engine;
        Loop = new EventLoop(this, _resources.Buffers);
    }

    /// <summary>The loop that runs everything.</summary>
    public EventLoop Loop { get; }

    /// <inheritdoc/>
    public int NextTimeoutMs => _engine.Cron.NextTimeoutMs;

    /// <inheritdoc/>
    public ConnectionSession? CreateSession(Connection connection)
    {
        _engine.Statistics.ConnectionsReceived++;
        if (_engine.Clients.Count >= _engine.Settings.Network.MaxClients)
        {
            return Refuse(connection, "-ERR max number of clients reached\r\n"u8);
        }
        if (_engine.Settings.Network.ProtectedMode && !_engine.RequiresPassword && !connection.IsLocal)
        {
            return Refuse(connection, ProtectedMode.Refusal);
        }
        if (_engine.Settings.Network.TcpKeepaliveSeconds > 0) connection.SetKeepAlive(_engine.Settings.Network.TcpKeepaliveSeconds);
        var client = new ClientSession(_engine, _resources, _engine.Clients.NextId());
        _engine.Clients.Add(client);
        return client;
    }

    /// <inheritdoc/>
    public void Execute(ReadOnlySpan<ConnectionSession> ready) => _engine.Executor.Execute(ready);

    /// <inheritdoc/>
    public void OnAcceptFailed(string error) => _engine.Log.Warning($"Error accepting a client connection: {error}");

    /// <inheritdoc/>
    public void OnTurn()
    {
        _engine.ReadClock();
        _engine.Cron.OnTurn();
    }

    /// <summary>Closes all connections and releases buffers.</summary>
    public void Dispose()
    {
        Loop.Dispose();
        _resources.Dispose();
    }

    private ConnectionSession? Refuse(Connection connection, ReadOnlySpan<byte> error)
    {
        connection.TrySendNow(error);
        _engine.Statistics.ConnectionsRejected++;
        return null;
    }
}
