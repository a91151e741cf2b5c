using System.Net.Sockets;
using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>maxmemory-clients: the largest clients are closed while all together take too much.</summary>
public sealed class ClientMemoryTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _control;

    public ClientMemoryTests()
    {
        _control = _server.Connect();
        _control.Send("CLIENT", "NO-EVICT", "ON");
    }

    public void Dispose()
    {
        _control.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void A_client_that_sends_too_much_is_closed()
    {
        SetLimit(3 << 20);
        using RespClient client = Named("large");
        SendPart(client, 400_000, of: 8_000_000);
        Assert.True(Has("large"));
        try
        {
            client.WriteRaw(new string('v', 4_000_000));
        }
        catch (SocketException)
        {
            // The server need not wait for all of it.
        }
        TestClock.WaitUntil(() => !Has("large"), "end of the client");
        Assert.Contains("evicted_clients:1\r\n", _control.Send("INFO", "stats").Text, StringComparison.Ordinal);
        Assert.Contains("Evicting client: id=2 ", _server.LogLines.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_does_not_read_is_closed_and_gets_no_part_of_a_reply()
    {
        SetLimit(1 << 20);
        _control.Send("SETRANGE", "k", "2000000", "v");
        using RespClient client = Named("slow");
        client.Write("GET", "k");
        TestClock.WaitUntil(() => !Has("slow"), "end of the client");
        Assert.Equal("", client.ReadToEnd());
    }

    [Fact]
    public void The_largest_go_first_and_no_more_than_must()
    {
        int[] sizes = [200_000, 700_000, 1_500_000];
        var clients = new List<RespClient>();
        for (int i = 0; i < sizes.Length; i++)
        {
            clients.Add(Named($"client{i}"));
            SendPart(clients[i], sizes[i]);
        }
        SetLimit(2_000_000);
        Assert.Equal("client0 client1", Left());
        SetLimit(600_000);
        Assert.Equal("client0", Left());
        SetLimit(0);
        Assert.Equal("client0", Left());
        foreach (RespClient client in clients) client.Dispose();

        string Left()
        {
            TestClock.WaitUntil(() => !_server.OnEngine(engine => engine.ClientMemory.IsOver), "eviction");
            return string.Join(' ', Enumerable.Range(0, sizes.Length).Select(i => $"client{i}").Where(Has));
        }
    }

    [Fact]
    public void A_client_may_be_spared()
    {
        SetLimit(1 << 20);
        using RespClient client = Named("kept");
        Assert.Equal("+OK", client.Send("CLIENT", "NO-EVICT", "on"));
        SendPart(client, 2_000_000);
        Assert.True(Has("kept"));
        Assert.Contains(" flags=e ", Line("kept"), StringComparison.Ordinal);
        Assert.Contains("Over client maxmemory after evicting all evictable clients", _server.LogLines.ToString(), StringComparison.Ordinal);
        Assert.Equal("-ERR syntax error", _control.Send("CLIENT", "NO-EVICT", "maybe"));
    }

    [Fact]
    public void The_limit_may_be_a_share_of_maxmemory()
    {
        _server.OnEngine(engine =>
        {
            engine.Settings.Network.MaxMemoryClients = -10;
            engine.Settings.Memory.MaxMemoryBytes = 1UL << 40;
            engine.ApplySettings();
            return true;
        });
        using RespClient client = Named("large");
        SendPart(client, 1_000_000);
        Assert.True(Has("large"));
        _server.OnEngine(engine =>
        {
            engine.Settings.Memory.MaxMemoryBytes = 5_000_000;
            engine.ApplySettings();
            return true;
        });
        TestClock.WaitUntil(() => !Has("large"), "end of the client");
    }

    [Fact]
    public void What_a_client_has_let_go_of_does_not_count()
    {
        SetLimit(2_000_000);
        var clients = Enumerable.Range(0, 5).Select(i => Named($"client{i}")).ToList();
        foreach (RespClient client in clients) Assert.Equal("+OK", client.Send("SET", "k", new string('v', 900_000)));
        for (int i = 0; i < clients.Count; i++) Assert.True(Has($"client{i}"));
        foreach (RespClient client in clients) client.Dispose();
    }

    private RespClient Named(string name)
    {
        RespClient client = _server.Connect();
        client.Send("CLIENT", "SETNAME", name);
        return client;
    }

    /// <summary>Sends the beginning of a request.</summary>
    private void SendPart(RespClient client, int bytes, int of = 0)
    {
        byte[] request = Encoding.ASCII.GetBytes($"*2\r\n$3\r\nGET\r\n${Math.Max(bytes, of)}\r\n{new string('v', bytes)}");
        long before = _server.BytesReceived(client);
        client.WriteRaw(request);
        _server.WaitUntilReceived(client, before + request.Length);
    }

    private void SetLimit(long bytes) => _server.OnEngine(engine =>
    {
        engine.Settings.Network.MaxMemoryClients = bytes;
        engine.ApplySettings();
        return true;
    });

    private bool Has(string name) => Line(name).Length > 0;

    private string Line(string name) =>
        _control.Send("CLIENT", "LIST").Text.Split('\n').FirstOrDefault(line => line.Contains($" name={name} ", StringComparison.Ordinal)) ?? "";
}
