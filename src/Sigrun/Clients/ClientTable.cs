namespace Sigrun.Clients;

/// <summary>The connected clients, in the order of their ids as far as removals leave it.</summary>
internal sealed class ClientTable
{
    private readonly List<ClientSession> _clients = [];
    private readonly Dictionary<long, ClientSession> _byId = [];
    private long _nextId = 1;

    /// <summary>Connected clients.</summary>
    public int Count => _clients.Count;

    /// <summary>The most that were connected at once since the start or CONFIG RESETSTAT.</summary>
    public int Peak { get; private set; }

    /// <summary>Clients that have gone, so far.</summary>
    public long Gone { get; private set; }

    /// <summary>The clients.</summary>
    public IReadOnlyList<ClientSession> All => _clients;

    /// <summary>The clients in the order in which they connected.</summary>
    public ClientSession[] ById()
    {
        ClientSession[] clients = [.. _clients];
        Array.Sort(clients, static (a, b) => a.Id.CompareTo(b.Id));
        return clients;
    }

    /// <summary>An id that was never given before.</summary>
    public long NextId() => _nextId++;

    /// <summary>Enters a client.</summary>
    public void Add(ClientSession client)
    {
        client.TableIndex = _clients.Count;
        _clients.Add(client);
        _byId[client.Id] = client;
        Peak = Math.Max(Peak, _clients.Count);
    }

    /// <summary>Removes a client; does nothing when it is not in the table.</summary>
    public void Remove(ClientSession client)
    {
        if (!_byId.Remove(client.Id)) return;
        Gone++;
        ClientSession last = _clients[^1];
        _clients[client.TableIndex] = last;
        last.TableIndex = client.TableIndex;
        _clients.RemoveAt(_clients.Count - 1);
        client.TableIndex = -1;
    }

    /// <summary>The client with that id, or null.</summary>
    public ClientSession? Find(long id) => _byId.GetValueOrDefault(id);
}
