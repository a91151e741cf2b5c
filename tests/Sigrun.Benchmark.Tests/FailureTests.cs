using System.Net;
using System.Net.Sockets;
using Sigrun.Tests.Harness;

namespace Sigrun.Benchmark.Tests;

/// <summary>Servers that refuse, answer with errors, or go.</summary>
public sealed class FailureTests
{
    [Fact]
    public void A_server_that_is_not_there()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        Tool tool = Tool.Run($"-p {port}");
        Assert.Equal((1, "", $"Could not connect to server at 127.0.0.1:{port}: Connection refused\n"), (tool.Exit, tool.Output, tool.Errors));
        Tool local = Tool.Run("-s /nonexistent/socket");
        Assert.Equal((1, "Could not connect to server at /nonexistent/socket: No such file or directory\n"), (local.Exit, local.Errors));
    }

    [Fact]
    public void A_server_that_wants_a_password()
    {
        using ServerProcess server = ServerProcess.StartSigrun("--requirepass", "secret");
        Tool without = Tool.Run($"-p {server.Port} -n 10 -t set");
        Assert.Equal((1, $"Node 127.0.0.1:{server.Port} replied with error:\nNOAUTH Authentication required.\n"), (without.Exit, without.Errors));
        Tool wrong = Tool.Run($"-p {server.Port} -a other -n 10 -t set");
        Assert.Equal(1, wrong.Exit);
        Assert.Contains("\nWRONGPASS ", wrong.Errors);
        Assert.Equal(0, Tool.Run($"-p {server.Port} -a secret -n 10 -t set -q").Exit);
        Assert.Equal(0, Tool.Run($"-u valkey://default:secret@127.0.0.1:{server.Port}/2 -n 10 -t set -q -k 0 -P 2").Exit);
        using RespClient client = server.Connect();
        client.Line("auth secret");
        Assert.Equal([":1", "+OK", ":1"], [client.Line("dbsize"), client.Line("select 2"), client.Line("dbsize")]);
    }

    [Fact]
    public void Errors_and_full_servers_end_the_run()
    {
        using ServerProcess server = ServerProcess.StartSigrun("--maxclients", "5");
        Tool unknown = Tool.Run($"-p {server.Port} -c 2 -n 10 nosuch arg");
        Assert.Equal((1, "Error from server: ERR unknown command 'nosuch', with args beginning with: 'arg' \n"), (unknown.Exit, unknown.Errors));
        Tool full = Tool.Run($"-p {server.Port} -c 10 -I");
        Assert.Equal(1, full.Exit);
        Assert.StartsWith("Creating 10 idle connections and waiting forever (Ctrl+C when done)\n", full.Output);
        Assert.Contains("Error", full.Errors);
    }

    [Theory]
    [InlineData("-t set")]
    [InlineData("-t set -P 16 --threads 2")]
    [InlineData("-I")]
    public void A_server_that_goes(string options)
    {
        using ServerProcess server = ServerProcess.StartSigrun();
        using RespClient client = server.Connect();
        Tool? tool = null;
        var thread = new Thread(() => tool = Tool.Run($"-p {server.Port} -c 10 --duration 100 {options}"));
        thread.Start();
        // Those of the load: neither this one nor the one that has asked for the settings, which may still be there.
        TestClock.WaitUntil(() => client.Line("client list").Text.Split('\n').Count(IsOfLoad) == 10, "connections");
        server.Kill();
        Assert.True(thread.Join(TimeSpan.FromMinutes(2)));
        Assert.Equal(1, tool!.Exit);
        Assert.Matches("^Error: (Server closed the connection|Connection reset by peer|Broken pipe)\n$", tool.Errors);
    }

    private static bool IsOfLoad(string line) => line.Length > 0
        && !line.Contains(" cmd=client|list ", StringComparison.Ordinal) && !line.Contains(" cmd=config|get ", StringComparison.Ordinal);

    [Fact]
    public void A_server_that_speaks_something_else()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var thread = new Thread(() =>
        {
            for (int i = 0; i < 2; i++)
            {
                using Socket socket = listener.AcceptSocket();
                socket.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8);
                _ = socket.Receive(new byte[1000]);
            }
        })
        { IsBackground = true };
        thread.Start();
        Tool tool = Tool.Run($"-p {((IPEndPoint)listener.LocalEndpoint).Port} -c 1 -t set");
        Assert.Equal(1, tool.Exit);
        Assert.Equal("WARNING: Could not fetch server CONFIG\nError: Protocol error, got \"H\" as reply type byte\n", tool.Errors);
    }

    /// <summary>A Unix socket takes the place of host and port.</summary>
    [Fact]
    public void A_server_behind_a_Unix_socket()
    {
        string directory = Directory.CreateTempSubdirectory("sigrun-test-").FullName;
        string path = Path.Combine(directory, "socket");
        using (ServerProcess server = ServerProcess.Start("redis-server", "--save", "", "--unixsocket", path))
        {
            Tool tool = Tool.Run($"-s {path} -c 20 -n 1000 -t set -q");
            Assert.Equal((0, ""), (tool.Exit, tool.Errors));
            Assert.Equal(1, Tool.Run($"-s {path}x").Exit);
        }
        Directory.Delete(directory, recursive: true);
    }
}
