using System.Collections.Concurrent;
using static Sigrun.Hosting.Tests.Dialogue;

namespace Sigrun.Hosting.Tests;

/// <summary>The end that a program asks for, and what is known when a server has ended.</summary>
public sealed class EndTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestDirectory _directory = new();

    private string Dump => Path.Combine(_directory.Path, "dump.rdb");

    public void Dispose() => _directory.Dispose();

    /// <summary>All that a client sends is there before the program asks for the end, and behind it until the connection is gone.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NoClientCallsItOff(bool disposes)
    {
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { DataDirectory = _directory.Path });
        await using Stream client = server.Connect();
        Assert.Equal("+OK", await Ask(client, "SET a 1"));
        Task aborts = AbortUntilTheEnd(client);
        await (disposes ? server.DisposeAsync().AsTask() : server.StopAsync()).WaitAsync(Patience);
        await aborts;
        Assert.True(server.Completion.IsCompletedSuccessfully);
        Assert.True(File.Exists(Dump));
    }

    private static async Task AbortUntilTheEnd(Stream client)
    {
        try
        {
            while (true) Assert.Equal("-ERR No shutdown in progress.", await Ask(client, "SHUTDOWN ABORT"));
        }
        catch (IOException)
        {
            // The connection has ended.
        }
    }

    [Fact]
    public async Task AStopThatIsRefusedSaysWhy()
    {
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { DataDirectory = _directory.Path });
        Directory.CreateDirectory(Path.Combine(Dump, "x"));
        SigrunServerException refusal = await Assert.ThrowsAsync<SigrunServerException>(() => server.StopAsync());
        Assert.Contains("Error moving temp DB file", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("can't exit", refusal.Message, StringComparison.Ordinal);
        await server.DisposeAsync();
        Assert.True(server.Completion.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task ASnapshotIsNotLostToAnAppendOnlyFile()
    {
        await RunOnce(new SigrunServerOptions { DataDirectory = _directory.Path }, "SET precious 1");
        byte[] before = await File.ReadAllBytesAsync(Dump);
        var recorded = new SigrunServerOptions { DataDirectory = _directory.Path, AppendOnly = true };
        SigrunServerException refusal = await Assert.ThrowsAsync<SigrunServerException>(() => Servers.StartAsync(recorded));
        Assert.Contains("CONFIG SET appendonly yes", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Dump));

        // What the message says.
        await using (SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { DataDirectory = _directory.Path }))
        {
            await using Stream client = server.Connect();
            Assert.Equal("+OK", await Ask(client, "CONFIG SET appendonly yes"));
            using var patience = new CancellationTokenSource(Patience);
            while (!File.Exists(Path.Combine(_directory.Path, "appendonlydir", "appendonly.aof.manifest")))
            {
                patience.Token.ThrowIfCancellationRequested();
                await Ask(client, "PING");
            }
        }
        Assert.Equal("$1", await RunOnce(recorded, "GET precious"));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("3600 1", true)]
    public async Task WithAnAppendOnlyFileSavePointsDecideOnASnapshot(string savePoints, bool saves)
    {
        var options = new SigrunServerOptions { DataDirectory = _directory.Path, AppendOnly = true, Directives = { ["save"] = savePoints } };
        await RunOnce(options, "SET a 1");
        Assert.Equal(saves, File.Exists(Dump));
        Assert.Equal("$1", await RunOnce(options, "GET a"));
    }

    [Fact]
    public async Task AFailedStartIsNoEndLikeOthers()
    {
        await File.WriteAllTextAsync(Dump, "garbage, and more of it");
        await using var server = new SigrunServer(new SigrunServerOptions { DataDirectory = _directory.Path });
        SigrunServerException failure = await Assert.ThrowsAsync<SigrunServerException>(() => server.StartAsync());
        Assert.Contains("Wrong signature", failure.Message, StringComparison.Ordinal);
        Assert.Same(failure, await Assert.ThrowsAsync<SigrunServerException>(() => server.Completion));
        Assert.Contains("Wrong signature", Assert.Throws<ObjectDisposedException>(() => server.Connect()).Message, StringComparison.Ordinal);
        Assert.Same(failure, (await Assert.ThrowsAsync<ObjectDisposedException>(() => server.GetStatisticsAsync())).InnerException);
    }

    [Fact]
    public async Task APortThatIsTakenHasItsReason()
    {
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { Port = 0 });
        SigrunServerException refusal = await Assert.ThrowsAsync<SigrunServerException>(() => Servers.StartAsync(new SigrunServerOptions { Port = server.Port }));
        Assert.Contains("Address already in use", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStartThatIsCancelledBeforeCanBeTriedAgain()
    {
        await using var server = new SigrunServer();
        await Assert.ThrowsAsync<OperationCanceledException>(() => server.StartAsync(new CancellationToken(canceled: true)));
        await server.StartAsync();
    }

    [Fact]
    public async Task TheReceiverOfTheLogMayDispose()
    {
        SigrunServer? server = null;
        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server = new SigrunServer(new SigrunServerOptions
        {
            Log = (_, message) =>
            {
                if (!message.StartsWith("Ready", StringComparison.Ordinal) || disposed.Task.IsCompleted) return;
                server!.Dispose();
                disposed.TrySetResult();
            },
            UnixSocketPath = Path.Combine(_directory.Path, "s"),
        });
        await server.StartAsync();
        // Less than the end waits for receivers that are only slow.
        await disposed.Task.WaitAsync(TimeSpan.FromSeconds(4));
        await server.Completion;
    }

    [Fact]
    public async Task AReceiverThatNeverReturnsHoldsTheEndUpForATimeOnly()
    {
        using var never = new ManualResetEventSlim();
        SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { Log = (_, _) => never.Wait(), UnixSocketPath = Path.Combine(_directory.Path, "s") });
        await server.DisposeAsync().AsTask().WaitAsync(Patience);
        never.Set();
    }

    [Fact]
    public async Task TheLogSaysWhereItListens()
    {
        var lines = new ConcurrentQueue<string>();
        int port;
        await using (SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { Port = 0, Log = (_, message) => lines.Enqueue(message) })) port = server.Port;
        Assert.Contains(lines, line => line.StartsWith("Listening: name=tcp,bind=127.0.0.1", StringComparison.Ordinal) && line.EndsWith($"port={port}", StringComparison.Ordinal));
        Assert.Contains("Ready to accept connections tcp", lines);
    }

    [Fact]
    public async Task WithoutADirectoryNothingIsSavedAndNothingFails()
    {
        const string Refusal = "-ERR The server has no data directory";
        string file = Path.Combine(_directory.Path, "sigrun.conf");
        await File.WriteAllTextAsync(file, "enable-protected-configs yes\n");
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { ConfigurationFile = file });
        await using Stream client = server.Connect();
        foreach (string command in (string[])["SAVE", "BGSAVE", "BGSAVE SCHEDULE", "BGREWRITEAOF"]) Assert.Equal(Refusal, await Ask(client, command));
        Assert.EndsWith("The server has no data directory", await Ask(client, "CONFIG REWRITE"), StringComparison.Ordinal);
        foreach (string setting in (string[])["save \"1 1\"", "appendonly yes", "dir /tmp"])
            Assert.EndsWith("The server has no data directory", await Ask(client, "CONFIG SET " + setting), StringComparison.Ordinal);
        Assert.True((await server.GetStatisticsAsync()).LastSaveSucceeded);
    }

    private static async Task<string> RunOnce(SigrunServerOptions options, string command)
    {
        await using SigrunServer server = await Servers.StartAsync(options);
        await using Stream client = server.Connect();
        return await Ask(client, command);
    }
}
