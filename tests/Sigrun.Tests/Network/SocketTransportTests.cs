using System.Net.Sockets;
using Sigrun.Configuration;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;
using Sigrun.Tests.Server;

namespace Sigrun.Tests.Network;

/// <summary>What is different inside with the framework's sockets must not be outside.</summary>
public sealed class SocketTransportTests : IDisposable
{
    private readonly TestServer _server = new(settings => settings.Network.Transport = TransportChoice.Sockets);

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Output_waits_for_a_client_that_reads_late()
    {
        using RespClient slow = _server.Connect();
        using RespClient other = _server.Connect();
        string text = string.Concat(Enumerable.Range(0, 100_000).Select(n => n.ToString("D7")));
        slow.Send("SET", "k", text);
        int count = 0;
        do
        {
            slow.Write("GET", "k");
            count++;
        }
        while (!other.Line("CLIENT LIST").Text.Contains(" events=rw ", StringComparison.Ordinal));
        for (int i = 0; i < count; i++) Assert.Equal(text, slow.Read().Text);
        Assert.Equal("PONG", slow.Line("PING").Text);
        Assert.DoesNotContain(" events=rw ", other.Line("CLIENT LIST").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_reply_arrives_however_late_it_is_read()
    {
        using RespClient client = _server.Connect();
        string text = new('x', 20_000_000);
        client.Send("SET", "k", text);
        client.WriteRaw("GET k\r\nQUIT\r\n");
        TestClock.WaitUntil(() => _server.OnEngine(engine => engine.Clients.All.All(c => c.CloseAfterOutput)), "the client has quit");
        Assert.Equal(text, client.Read().Text);
        Assert.Equal("+OK\r\n", client.ReadToEnd());
    }

    /// <summary>The framework would reset the connection, since it is always receiving.</summary>
    [Fact]
    public void A_connection_that_the_server_closes_ends_and_is_not_reset()
    {
        using RespClient client = _server.Connect();
        using RespClient other = _server.Connect();
        Assert.Equal("PONG", other.Line("PING").Text);
        Assert.Equal("1", client.Line("CLIENT KILL ADDR " + other.LocalAddress).Text);
        Assert.Equal(0, other.Socket.Receive(new byte[1]));
        Assert.Equal(1, other.Socket.Send(new byte[1]));
    }

    [Fact]
    public void Input_that_was_kept_for_a_waiting_client_is_answered()
    {
        using RespClient client = _server.Connect();
        using RespClient other = _server.Connect();
        client.Write("BLPOP", "k", "0");
        TestClock.WaitUntil(() => _server.OnEngine(engine => engine.Blocked.Count) == 1, "the client waits");
        // More than is kept.
        string text = new('x', 100_000);
        client.Write("ECHO", text);
        client.Write("PING");
        Assert.Equal(1, other.Line("RPUSH k v").Number);
        Assert.Equal("v", client.Read().Items[1].Text);
        Assert.Equal(text, client.Read().Text);
        Assert.Equal("PONG", client.Read().Text);
    }

    [Fact]
    public void Many_clients_come_and_go_at_once()
    {
        RespClient[] clients = [.. Enumerable.Range(0, 200).Select(_ => _server.Connect())];
        foreach (RespClient client in clients) client.Write("PING");
        foreach (RespClient client in clients) Assert.Equal("PONG", client.Read().Text);
        for (int i = 0; i < clients.Length; i++)
        {
            if (i % 2 == 0) clients[i].Dispose();
            else clients[i].Reset();
        }
        TestClock.WaitUntil(() => _server.ClientCount == 0, "all are gone");
    }

    [Fact]
    public void A_server_says_which_transport_it_has()
    {
        using TestDirectory directory = new();
        string port = FreePorts.Take().ToString();
        using ServerRun run = new(directory.Path, null, "--port", port, "--save", "", "--transport", "sockets", "--bind", "127.0.0.1", "::1");
        run.ReadUntil("Ready to accept connections tcp");
        using (var client = new RespClient(int.Parse(port)))
        {
            Assert.Contains("multiplexing_api:sockets\r\n", client.Line("INFO server").Text, StringComparison.Ordinal);
            Assert.Contains($"listener0:name=tcp,bind=127.0.0.1,bind=::1,port={port}\r\n", client.Line("INFO server").Text, StringComparison.Ordinal);
            Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'transport') - can't set immutable config",
                client.Line("CONFIG SET transport epoll").Text);
            Assert.Equal("OK", client.Line("CONFIG SET bind 127.0.0.1").Text);
            Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.",
                client.Line("CONFIG SET bind 203.0.113.1").Text);
            using var second = new RespClient(int.Parse(port));
            Assert.Equal("PONG", second.Line("PING").Text);
        }
        run.Signal("TERM");
        (int code, string log, _) = run.End();
        Assert.Equal(0, code);
        Assert.Contains($"Could not create server TCP listening socket 203.0.113.1:{port}: bind: Cannot assign requested address", log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_may_listen_for_TLS_alone()
    {
        using var certificates = new Certificates();
        using TestDirectory directory = new();
        int port = FreePorts.Take();
        using ServerRun run = new(directory.Path, null, "--port", "0", "--tls-port", $"{port}", "--save", "", "--transport", "sockets",
            "--tls-cert-file", certificates.ServerFile, "--tls-key-file", certificates.ServerKeyFile, "--tls-ca-cert-file", certificates.AuthorityFile);
        run.ReadUntil("Ready to accept connections tls");
        using (RespClient client = Certificates.Connect(port, certificates.Client))
        {
            string info = client.Line("INFO server").Text;
            Assert.Contains("multiplexing_api:sockets\r\n", info, StringComparison.Ordinal);
            Assert.Contains($":name=tls,bind=*,bind=-::*,port={port}\r\n", info, StringComparison.Ordinal);
            Assert.Contains($" addr={client.LocalAddress} laddr=127.0.0.1:{port} ", client.Line("CLIENT INFO").Text, StringComparison.Ordinal);
        }
        run.Signal("TERM");
        (int code, _, _) = run.End();
        Assert.Equal(0, code);
    }

    [Fact]
    public void An_address_in_IPv6_is_shown_in_brackets()
    {
        using TestServer server = new(settings => settings.Network.Transport = TransportChoice.Sockets, address: "::1");
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect("::1", server.Port);
        socket.Send("CLIENT INFO\r\n"u8);
        byte[] reply = new byte[1000];
        string text = System.Text.Encoding.ASCII.GetString(reply, 0, socket.Receive(reply));
        Assert.Contains($" addr={socket.LocalEndPoint} laddr=[::1]:{server.Port} ", text, StringComparison.Ordinal);
    }
}
