using System.Globalization;
using System.Numerics;
using System.Text;

namespace Sigrun.Clients;

/// <summary>What clients take, and maxmemory-clients: while all together take too much, the largest go.</summary>
/// <remarks>
/// A client is counted about once a second and, while a limit needs it, when its turn ends and when its buffers were given
/// back; the sum is that of the last counts. Clients of about the same size are in one group, so that the
/// largest are found at once; before one goes it is counted again, for it may hold less by now.
/// </remarks>
internal sealed class ClientMemory
{
    /// <summary>Clients below this power of two are in the first group.</summary>
    private const int SmallestLog = 15;

    /// <summary>Clients from half of this power of two on are in the last group.</summary>
    private const int LargestLog = 33;

    /// <summary>A lower limit would shut out everybody.</summary>
    private const long LimitMin = 128 * 1024;

    private readonly Engine _engine;
    private readonly List<ClientSession>[] _groups = new List<ClientSession>[LargestLog - SmallestLog + 1];
    private long _limit;
    private bool _isLimited;
    private bool _hasWarned;

    /// <summary>Creates the count of an engine.</summary>
    public ClientMemory(Engine engine)
    {
        _engine = engine;
        for (int i = 0; i < _groups.Length; i++) _groups[i] = [];
    }

    /// <summary>True while clients are counted after each of their turns.</summary>
    public bool IsCounting { get; private set; }

    /// <summary>Bytes of all clients, as they were last counted.</summary>
    public long Total { get; private set; }

    /// <summary>True while clients have to go.</summary>
    public bool IsOver => Total > _limit && _isLimited;

    /// <summary>Takes over the settings.</summary>
    public void Apply()
    {
        long limit = _engine.Settings.Network.MaxMemoryClients;
        ulong maxMemory = _engine.Settings.Memory.MaxMemoryBytes;
        _isLimited = limit != 0;
        _limit = limit >= 0 ? limit : maxMemory == 0 ? long.MaxValue : (long)Math.Min(maxMemory * -(double)limit / 100, long.MaxValue);
        _limit = Math.Max(_limit, LimitMin);
        IsCounting = _isLimited || maxMemory != 0;
        foreach (ClientSession client in _engine.Clients.All) Count(client);
    }

    /// <summary>Counts what a client takes now.</summary>
    public void Count(ClientSession client)
    {
        if (client.TableIndex < 0 || client.IsDoomed) return;
        long bytes = client.MemoryBytes;
        int group = _isLimited && !client.IsKept ? GroupOf(bytes) : -1;
        if (bytes != client.CountedBytes)
        {
            Total += bytes - client.CountedBytes;
            client.CountedBytes = bytes;
            _engine.Eviction.UpdateLimit();
        }
        if (group != client.MemoryGroup) Move(client, group);
    }

    /// <summary>A client is gone, or about to be.</summary>
    public void Forget(ClientSession client)
    {
        Total -= client.CountedBytes;
        client.CountedBytes = 0;
        if (client.MemoryGroup >= 0) Move(client, -1);
        _engine.Eviction.UpdateLimit();
    }

    /// <summary>Closes the largest clients until the others take no more than they may.</summary>
    public void Evict()
    {
        for (int group = _groups.Length - 1; group >= 0; group--)
        {
            List<ClientSession> clients = _groups[group];
            // Those that hold less by now leave the group, and another takes their place.
            for (int i = 0; i < clients.Count && IsOver;)
            {
                ClientSession client = clients[i];
                Count(client);
                if (client.MemoryGroup < group) continue;
                if (!IsOver) return;
                _engine.Log.Notice($"Evicting client: {ClientReport.LogLine(client)}");
                _engine.Statistics.EvictedClients++;
                client.Doom();
                // It takes the loop a moment to close the connection; nobody shall see the client meanwhile.
                _engine.Clients.Remove(client);
            }
            if (IsOver) continue;
            _hasWarned = false;
            return;
        }
        if (!_hasWarned) _engine.Log.Warning("Over client maxmemory after evicting all evictable clients");
        _hasWarned = true;
    }

    /// <summary>What is in the groups, as text for people.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        for (int i = 0; i < _groups.Length; i++)
        {
            long from = i == 0 ? 0 : 1L << (i - 1 + SmallestLog);
            text.Append(CultureInfo.InvariantCulture, $"bucket {from,10}");
            if (i == _groups.Length - 1) text.Append("+            : ");
            else text.Append(CultureInfo.InvariantCulture, $" - {(1L << (i + SmallestLog)) - 1,10}: ");
            long bytes = 0;
            foreach (ClientSession client in _groups[i]) bytes += client.CountedBytes;
            text.Append(CultureInfo.InvariantCulture, $"tot-mem: {bytes,10}, clients: {_groups[i].Count}\n");
        }
        return text.ToString();
    }

    private static int GroupOf(long bytes) =>
        Math.Clamp(64 - BitOperations.LeadingZeroCount((ulong)bytes), SmallestLog, LargestLog) - SmallestLog;

    private void Move(ClientSession client, int group)
    {
        if (client.MemoryGroup >= 0)
        {
            List<ClientSession> left = _groups[client.MemoryGroup];
            ClientSession last = left[^1];
            left[client.GroupIndex] = last;
            last.GroupIndex = client.GroupIndex;
            left.RemoveAt(left.Count - 1);
        }
        client.MemoryGroup = group;
        if (group < 0) return;
        client.GroupIndex = _groups[group].Count;
        _groups[group].Add(client);
    }
}
