using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>Who may connect, how long a connection may idle, and what many connections leave behind.</summary>
public sealed class ConnectionTests
{
    /// <summary>SHA-256 of the reference server's text, which is long and must match to the byte.</summary>
    private const string RefusalHash = "521A7EA4D9E56B59C1F28A2219AB3C16E35513BB635BB7BAA157F08C1F5F417C";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Connections_over_maxclients_are_refused(int ioThreads)
    {
        using TestServer server = new(settings =>
        {
            settings.Network.MaxClients = 3;
            settings.Network.IoThreads = ioThreads;
        });
        RespClient[] clients = [server.Connect(), server.Connect(), server.Connect()];
        foreach (RespClient client in clients) Assert.Equal("+PONG", client.Send("PING"));
        using (RespClient refused = server.Connect()) Assert.Equal("-ERR max number of clients reached\r\n", refused.ReadToEnd());
        clients[0].Dispose();
        TestClock.WaitUntil(() => server.ClientCount == 2, "end of one connection");
        using (RespClient accepted = server.Connect()) Assert.Equal("+PONG", accepted.Send("PING"));
        Assert.Equal(1, server.OnEngine(engine => engine.Statistics.ConnectionsRejected));
        foreach (RespClient client in clients) client.Dispose();
    }

    [Fact]
    public void Protected_mode_refuses_other_hosts_while_no_password_is_set()
    {
        string? address = OwnAddress();
        // A machine without any network has no other way to itself than the loopback.
        if (address is null) return;
        using TestServer server = new(address: "0.0.0.0");
        using (RespClient remote = new(server.Port, address)) Assert.Equal(RefusalHash, Hash(remote.ReadToEnd()));
        using (RespClient local = server.Connect()) Assert.Equal("+PONG", local.Send("PING"));

        server.OnEngine(static engine => SetPassword(engine, "secret"));
        using (RespClient remote = new(server.Port, address)) Assert.Equal("+OK", remote.Send("AUTH", "secret"));

        server.OnEngine(static engine => SetPassword(engine, null));
        server.OnEngine(engine => engine.Settings.Network.ProtectedMode = false);
        using (RespClient remote = new(server.Port, address)) Assert.Equal("+PONG", remote.Send("PING"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Protected_mode_tells_clients_with_TLS_after_their_handshake(int ioThreads)
    {
        string? address = OwnAddress();
        if (address is null) return;
        using var certificates = new Certificates();
        using TestServer server = new(
            settings =>
            {
                certificates.Use(settings);
                settings.Network.IoThreads = ioThreads;
            },
            address: "0.0.0.0");
        using (RespClient remote = Certificates.Connect(server.TlsPort, certificates.Client, address: address)) Assert.Equal(RefusalHash, Hash(remote.ReadToEnd()));
        Assert.Equal(1, server.OnEngine(engine => engine.Statistics.ConnectionsRejected));
        using (RespClient local = certificates.Connect(server)) Assert.Equal("+PONG", local.Send("PING"));
    }

    private static string? SetPassword(Engine engine, string? password)
    {
        engine.Users.SetDefaultPassword(password);
        return password;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Idle_clients_are_closed_after_the_timeout(int ioThreads)
    {
        using TestServer server = new(settings =>
        {
            settings.Network.IdleTimeoutSeconds = 100;
            settings.Network.IoThreads = ioThreads;
        });
        using RespClient idle = server.Connect();
        using RespClient active = server.Connect();
        Assert.Equal("+PONG", idle.Send("PING"));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("+PONG", active.Send("PING"));
            server.Clock.Advance(TimeSpan.FromSeconds(60));
        }
        Assert.Equal("", idle.ReadToEnd());
        Assert.Equal("+PONG", active.Send("PING"));
        // The stream ends a moment before the engine is told.
        TestClock.WaitUntil(() => server.ClientCount == 1, "end of the idle client");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Without_a_timeout_nobody_is_closed(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient idle = server.Connect();
        Assert.Equal("+PONG", idle.Send("PING"));
        server.Clock.Advance(TimeSpan.FromDays(10));
        long runs = server.OnEngine(engine => engine.NowMs);
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.NowMs) > runs + 300, "some runs of the cron");
        Assert.Equal("+PONG", idle.Send("PING"));
    }

    /// <summary>Ten thousand connections, two thousand at a time, each with a request; memory returns to where it was.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Memory_returns_after_many_connections(int ioThreads)
    {
        const long GrowthMax = 6L << 20;
        using ServerProcess server = ServerProcess.StartSigrun("--io-threads", $"{ioThreads}");
        // What the runtime keeps for good after its first rounds is not what the connections hold.
        OpenAndClose(server, 2000, 2);
        long before = Settled(server);
        OpenAndClose(server, 2000, 5);
        TestClock.WaitUntil(() => Settled(server) <= before + GrowthMax, $"return of the memory to {before >> 10} KB");
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.Latin1.GetBytes(text)));

    private static void OpenAndClose(ServerProcess server, int count, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            var clients = new List<RespClient>();
            for (int i = 0; i < count; i++) clients.Add(server.Connect());
            foreach (RespClient client in clients) client.Write("PING", "hello");
            foreach (RespClient client in clients) Assert.Equal("\"hello\"", client.Read());
            foreach (RespClient client in clients) client.Dispose();
        }
    }

    /// <summary>The resident size once nobody is connected and the server has had time to give back what it will.</summary>
    private static long Settled(ServerProcess server)
    {
        using RespClient client = server.Connect();
        TestClock.WaitUntil(
            () => client.Send("CLIENT", "LIST").Text.Count(c => c == '\n') == 1,
            "end of the other connections");
        long smallest = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            client.Send("PING");
            smallest = Math.Min(smallest, server.ResidentBytes);
        }
        return smallest;
    }

    private static string? OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .FirstOrDefault(a => a.Address.AddressFamily == AddressFamily.InterNetwork)?.Address.ToString();

    [Theory]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$blabla\r\n", "(invalid bulk length)", "'$blabla..'")]
    [InlineData("*1\r\nPING\r\n", "(expected $ but got something else)", "'PING..'")]
    public void What_is_no_request_is_logged_at_verbose(string sent, string reason, string sample)
    {
        using var server = new TestServer(settings =>
        {
            settings.Observability.LogLevel = LogLevel.Verbose;
            settings.Observability.HideUserDataFromLog = false;
        });
        using RespClient client = server.Connect();
        client.WriteRaw(sent);
        Assert.StartsWith("-ERR Protocol error: ", client.ReadToEnd(), StringComparison.Ordinal);
        string log = server.LogLines.ToString();
        Assert.Contains($"Protocol error {reason} from client: id=", log, StringComparison.Ordinal);
        Assert.Contains($" Query buffer: {sample}", log, StringComparison.Ordinal);
    }
}
