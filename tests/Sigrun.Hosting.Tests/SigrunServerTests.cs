using System.Globalization;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;
using static Sigrun.Hosting.Tests.Dialogue;

namespace Sigrun.Hosting.Tests;

/// <summary>A server inside a program.</summary>
public sealed class SigrunServerTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WithoutOptionsItHasNeitherSocketNorFile()
    {
        string before = Environment.CurrentDirectory;
        await using SigrunServer server = await Servers.StartAsync();
        Assert.Equal(0, server.Port);
        await using Stream connection = server.Connect();
        Assert.Equal("+OK", await Ask(connection, "SET a 1"));
        Assert.Equal(":2", await Ask(connection, "INCR a"));
        Assert.StartsWith("-ERR", await Ask(connection, "SAVE"), StringComparison.Ordinal);
        Assert.Equal(before, Environment.CurrentDirectory);
    }

    [Fact]
    public async Task ItStartsOnce()
    {
        await using var server = new SigrunServer();
        Assert.Throws<InvalidOperationException>(() => server.Connect());
        await server.StartAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.StartAsync());
        await new SigrunServer().DisposeAsync();
    }

    [Fact]
    public async Task SeveralShareNothing()
    {
        await using SigrunServer first = await Servers.StartAsync(new SigrunServerOptions { Port = 0 });
        await using SigrunServer second = await Servers.StartAsync(new SigrunServerOptions { Port = 0, Password = "secret" });
        Assert.NotEqual(first.Port, second.Port);
        await using ConnectionMultiplexer one = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{first.Port}" + Servers.Patience);
        await using ConnectionMultiplexer two = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{second.Port},password=secret" + Servers.Patience);
        Assert.True(await one.GetDatabase().StringSetAsync("a", 1));
        Assert.True((await two.GetDatabase().StringGetAsync("a")).IsNull);
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{second.Port},password=wrong"));
        await first.StopAsync();
        await two.GetDatabase().PingAsync();
    }

    [Fact]
    public async Task AUnixSocketIsEnough()
    {
        string path = Path.Combine(_directory.Path, "s");
        await using (SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { UnixSocketPath = path }))
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            await using var stream = new NetworkStream(socket);
            Assert.Equal("+PONG", await Ask(stream, "PING"));
        }
        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DataIsThereAtTheNextStart(bool appendOnly)
    {
        SigrunServerOptions Options() => new() { DataDirectory = _directory.Path, AppendOnly = appendOnly };
        await using (SigrunServer server = await Servers.StartAsync(Options()))
        {
            await using Stream connection = server.Connect();
            await Ask(connection, "SET a 1");
        }
        await using SigrunServer again = await Servers.StartAsync(Options());
        await using Stream other = again.Connect();
        Assert.Equal("$1", await Ask(other, "GET a"));
        Assert.Equal(1, (await again.GetStatisticsAsync()).Keys);
    }

    /// <summary>A client that has its reply before the end finds its change after it, and no command runs behind the last save.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public async Task WhatWasAnsweredBeforeTheEndIsThereAtTheNextStart(int ioThreads, bool byCommand)
    {
        const int Clients = 8;
        var options = new SigrunServerOptions { DataDirectory = _directory.Path, IoThreads = ioThreads };
        long answered = 0;
        await using (SigrunServer server = await Servers.StartAsync(options))
        {
            Stream[] connections = [.. Enumerable.Range(0, Clients).Select(_ => server.Connect())];
            Task<long>[] clients = [.. connections.Select((connection, number) => Task.Run(() => SetUntilTheEnd(connection, number)))];
            while ((await server.GetStatisticsAsync()).Keys < 500) await Task.Yield();
            await using Stream last = server.Connect();
            if (byCommand) await last.WriteAsync("SHUTDOWN SAVE\r\n"u8.ToArray());
            else await server.StopAsync();
            foreach (Task<long> client in clients) answered += await client;
        }
        await using SigrunServer again = await Servers.StartAsync(options);
        Assert.InRange((await again.GetStatisticsAsync()).Keys, answered, long.MaxValue);
    }

    /// <summary>Sets new keys until the connection ends; returns how many replies have come.</summary>
    private static async Task<long> SetUntilTheEnd(Stream connection, int number)
    {
        await using (connection)
        {
            byte[] reply = new byte["+OK\r\n".Length];
            for (long i = 0; ; i++)
            {
                try
                {
                    await connection.WriteAsync(Encoding.ASCII.GetBytes($"SET {number}:{i} x\r\n"));
                    if (await connection.ReadAtLeastAsync(reply, reply.Length, throwOnEndOfStream: false) < reply.Length) return i;
                }
                catch (Exception end) when (end is IOException or InvalidOperationException)
                {
                    return i;
                }
            }
        }
    }

    [Fact]
    public async Task TheLanguageOfTheProgramDoesNotMatter()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NegativeSign = "minus";
        CultureInfo.CurrentCulture = culture;
        await using SigrunServer server = await Servers.StartAsync();
        await using Stream connection = server.Connect();
        await connection.WriteAsync("CLIENT INFO\r\n"u8.ToArray());
        byte[] reply = new byte[100];
        int length = await connection.ReadAtLeastAsync(reply, reply.Length);
        Assert.Contains(" fd=-1 ", Encoding.ASCII.GetString(reply, 0, length), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStopThatCannotSaveIsRefused()
    {
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { DataDirectory = _directory.Path });
        await using Stream connection = server.Connect();
        await Ask(connection, "SET a 1");
        // A directory in the place of the file cannot be replaced by one.
        Directory.CreateDirectory(Path.Combine(_directory.Path, "dump.rdb", "x"));
        await Assert.ThrowsAsync<SigrunServerException>(() => server.StopAsync());
        Assert.Equal(":2", await Ask(connection, "INCR a"));
        Directory.Delete(Path.Combine(_directory.Path, "dump.rdb"), recursive: true);
        await server.StopAsync();
        Assert.True(File.Exists(Path.Combine(_directory.Path, "dump.rdb")));
        await server.Completion;
    }

    [Fact]
    public async Task ShutdownEndsIt()
    {
        await using SigrunServer server = await Servers.StartAsync();
        await using Stream connection = server.Connect();
        await connection.WriteAsync("SHUTDOWN NOSAVE\r\n"u8.ToArray());
        await server.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Throws<ObjectDisposedException>(() => server.Connect());
        await server.StopAsync();
    }

    [Fact]
    public async Task AFailureEndsTheServerAndNotTheProgram()
    {
        var options = new SigrunServerOptions();
        options.Directives["enable-debug-command"] = "yes";
        await using SigrunServer server = await Servers.StartAsync(options);
        await using Stream connection = server.Connect();
        await connection.WriteAsync("DEBUG PANIC\r\n"u8.ToArray());
        SigrunServerException failure = await Assert.ThrowsAsync<SigrunServerException>(() => server.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("DEBUG PANIC", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("daemonize", "yes", "is for a server that is a process of its own")]
    [InlineData("nonsense", "1", "Bad directive or wrong number of arguments")]
    [InlineData("maxmemory", "x", "argument must be a memory value")]
    public async Task WhatCannotBeHadIsRefused(string directive, string value, string reason)
    {
        var options = new SigrunServerOptions();
        options.Directives[directive] = value;
        SigrunServerException refusal = await Assert.ThrowsAsync<SigrunServerException>(() => Servers.StartAsync(options));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APortThatIsTakenIsToldOf()
    {
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { Port = 0 });
        SigrunServerException refusal = await Assert.ThrowsAsync<SigrunServerException>(() => Servers.StartAsync(new SigrunServerOptions { Port = server.Port }));
        Assert.Contains("Failed listening on port", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLogIsHandedOn()
    {
        var saved = new TaskCompletionSource<SigrunLogLevel>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new SigrunServerOptions { DataDirectory = _directory.Path };
        options.Log = (level, message) =>
        {
            if (message == "DB saved on disk") saved.TrySetResult(level);
        };
        await using SigrunServer server = await Servers.StartAsync(options);
        await using Stream connection = server.Connect();
        await Ask(connection, "SAVE");
        Assert.Equal(SigrunLogLevel.Notice, await saved.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task AConnectionThatHasEndedSaysSo()
    {
        await using SigrunServer server = await Servers.StartAsync();
        Stream own = server.Connect();
        byte[] some = new byte[16];
        Task<int> read = own.ReadAsync(some).AsTask();
        await own.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.WaitAsync(TimeSpan.FromSeconds(30)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => own.WriteAsync(some).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => own.ReadAsync(some).AsTask());

        await using Stream killed = server.Connect();
        await killed.WriteAsync("CLIENT KILL TYPE NORMAL SKIPME NO\r\n"u8.ToArray());
        while (await killed.ReadAsync(some) > 0)
        {
            // Its last reply.
        }
        await Assert.ThrowsAsync<IOException>(() => killed.WriteAsync("PING\r\n"u8.ToArray()).AsTask());
    }
}
