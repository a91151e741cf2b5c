using System.Net.Sockets;
using System.Text;
using Sigrun.Storage.Files;
using static Sigrun.Hosting.Tests.Dialogue;

namespace Sigrun.Hosting.Tests;

/// <summary>What fails in a server ends it, with all that it has, and nothing else in the program.</summary>
[Collection(Alone.Name)]
public sealed class FailureTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task AnIoThreadThatFailsEndsTheServer(string transport)
    {
        var clock = new FailingClock("io-2");
        var options = new SigrunServerOptions { Port = 0, IoThreads = 3, DataDirectory = _directory.Path, AppendOnly = true };
        options.Directives["transport"] = transport;
        options.Directives["appendfsync"] = "always";
        await using var server = new SigrunServer(options, clock, new SystemFiles());
        await server.StartAsync();
        List<Stream> connections = [];
        for (int i = 0; i < 4; i++)
        {
            connections.Add(server.Connect());
            Assert.Equal("+OK", await Ask(connections[i], $"SET k{i} v"));
        }
        clock.Fails = true;
        foreach (Stream connection in connections) await SendUnlessOver(connection, "PING\r\n");
        await AssertFails(server, "The clock has stopped.");
        foreach (Stream connection in connections) await ReadToEnd(connection);
        await server.StopAsync();
        await server.DisposeAsync();
        // The files are free: another server takes them, and what was acknowledged is there.
        await using SigrunServer next = await Servers.StartAsync(new SigrunServerOptions { DataDirectory = _directory.Path, AppendOnly = true });
        await using Stream client = next.Connect();
        Assert.Equal(":4", await Ask(client, "DBSIZE"));
    }

    [Fact]
    public async Task AThreadInTheBackgroundThatFailsEndsTheServer()
    {
        var files = new FailingFiles();
        await using var server = new SigrunServer(new SigrunServerOptions { DataDirectory = _directory.Path }, new SystemClock(), files);
        await server.StartAsync();
        await using Stream connection = server.Connect();
        await Ask(connection, "SET a 1");
        files.Fails = true;
        await connection.WriteAsync("BGSAVE\r\n"u8.ToArray());
        await AssertFails(server, "The disk is on fire.");
    }

    [Fact]
    public async Task ALogThatThrowsLosesNoMoreThanTheLine()
    {
        var saved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new SigrunServerOptions { DataDirectory = _directory.Path };
        options.Log = (_, message) =>
        {
            if (message != "DB saved on disk") throw new InvalidOperationException("No room for " + message);
            saved.TrySetResult();
        };
        await using SigrunServer server = await Servers.StartAsync(options);
        await using Stream connection = server.Connect();
        await Ask(connection, "CONFIG SET dir /none");
        Assert.Equal("+OK", await Ask(connection, "SAVE"));
        await saved.Task.WaitAsync(Patience);
        await server.StopAsync();
        await server.Completion;
    }

    /// <summary>Servers that have stopped, and those that have failed, leave no thread, descriptor or memory behind.</summary>
    [Theory]
    [InlineData("epoll", "SHUTDOWN NOSAVE")]
    [InlineData("sockets", "SHUTDOWN NOSAVE")]
    [InlineData("epoll", "DEBUG PANIC")]
    public async Task NothingIsLeftBehind(string transport, string end)
    {
        // The runtime keeps some for good after its first rounds.
        for (int i = 0; i < 5; i++) await RunOnce(transport, end);
        (int threads, int files, int regions) = Holdings();
        const int Rounds = 20;
        for (int i = 0; i < Rounds; i++) await RunOnce(transport, end);
        // One thread, one descriptor, or a heap and a stack for each server would be more.
        await Until(() => Holdings() is var now && now.Threads < threads + (Rounds / 2) && now.Files < files + (Rounds / 2) && now.Regions < regions + (2 * Rounds));
    }

    private static async Task RunOnce(string transport, string end)
    {
        var options = new SigrunServerOptions { Port = 0, IoThreads = 3 };
        options.Directives["transport"] = transport;
        options.Directives["enable-debug-command"] = "yes";
        await using SigrunServer server = await Servers.StartAsync(options);
        List<TcpClient> clients = [];
        for (int i = 0; i < 4; i++)
        {
            clients.Add(new TcpClient("127.0.0.1", server.Port));
            Assert.Equal("+OK", await Ask(clients[i].GetStream(), "SET a 1"));
        }
        // One whose request is under way when the server ends.
        await clients[0].GetStream().WriteAsync(Encoding.ASCII.GetBytes(end + "\r\n"));
        foreach (TcpClient client in clients) await ReadToEnd(client.GetStream());
        await Record.ExceptionAsync(() => server.Completion.WaitAsync(Patience));
        Assert.True(server.Completion.IsCompleted);
        clients.ForEach(static client => client.Dispose());
    }

    private static (int Threads, int Files, int Regions) Holdings() => (
        Directory.GetDirectories("/proc/self/task").Length, Directory.GetFiles("/proc/self/fd").Length, File.ReadAllLines("/proc/self/maps").Length);

    private static async Task Until(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            GC.Collect();
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task AssertFails(SigrunServer server, string reason)
    {
        SigrunServerException failure = await Assert.ThrowsAsync<SigrunServerException>(() => server.Completion.WaitAsync(Patience));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Sends a request to a server that may have ended by itself, for it may be the request before that ends it.</summary>
    private static async Task SendUnlessOver(Stream connection, string request)
    {
        try
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes(request));
        }
        catch (IOException)
        {
            // The server was quicker.
        }
    }

    private static async Task ReadToEnd(Stream connection)
    {
        using var patience = new CancellationTokenSource(Patience);
        byte[] some = new byte[256];
        try
        {
            while (await connection.ReadAsync(some, patience.Token) > 0)
            {
                // Whatever is left.
            }
        }
        catch (IOException)
        {
            // The server was quicker than what it was sent.
        }
    }

    /// <summary>A clock that can stop for a thread.</summary>
    private sealed class FailingClock(string thread) : IClock
    {
        private readonly SystemClock _clock = new();

        public volatile bool Fails;

        public long MonotonicNanoseconds => Fails && Thread.CurrentThread.Name == thread
            ? throw new InvalidOperationException("The clock has stopped.")
            : _clock.MonotonicNanoseconds;

        public long UnixMicroseconds => _clock.UnixMicroseconds;
    }

    /// <summary>Files on a disk that can fail as no disk does, for threads beside the engine's.</summary>
    private sealed class FailingFiles : IFileSystem
    {
        private readonly SystemFiles _files = new();

        public volatile bool Fails;

        public IWritableFile Create(string path) => Fails && Thread.CurrentThread.Name != "sigrun"
            ? throw new InvalidOperationException("The disk is on fire.")
            : _files.Create(path);

        public IWritableFile OpenAppend(string path) => _files.OpenAppend(path);

        public Stream OpenRead(string path) => _files.OpenRead(path);

        public void Rename(string from, string to) => _files.Rename(from, to);

        public void Delete(string path) => _files.Delete(path);

        public void Truncate(string path, long length) => _files.Truncate(path, length);

        public void SyncDirectory(string path) => _files.SyncDirectory(path);

        public void EnsureDirectory(string path) => _files.EnsureDirectory(path);

        public bool DirectoryExists(string path) => _files.DirectoryExists(path);

        public bool FileExists(string path) => _files.FileExists(path);

        public long Length(string path) => _files.Length(path);
    }
}
