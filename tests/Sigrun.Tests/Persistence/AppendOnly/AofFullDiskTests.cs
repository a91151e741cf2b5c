using System.Diagnostics;
using Sigrun.Configuration;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>What happens when there is no room left for the append-only file.</summary>
public sealed class AofFullDiskTests
{
    private const string Refusal = "MISCONF Errors writing to the AOF file: No space left on device";

    /// <summary>Some bytes still fit, or none.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void WritesAreRefusedUntilThereIsRoom(long room)
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files, AppendFsync.No);
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Line("SET before x").Text);
        SetRoom(server, files, room);
        // Whether a write succeeds is known only after it has run.
        Assert.Equal("OK", client.Line("SET last y").Text);
        Assert.Equal(Refusal, client.Line("SET refused z").Text);
        Assert.Equal(Refusal, client.Line("PING").Text);
        Assert.Equal("y", client.Line("GET last").Text);
        Assert.Contains("aof_last_write_status:err\r\n", client.Line("INFO persistence").Text);
        Assert.Equal("OK", client.Line("MULTI").Text);
        Assert.Equal(Refusal, client.Line("SET refused z").Text);
        Assert.StartsWith("EXECABORT", client.Line("EXEC").Text);
        string reason = room == 0 ? "Error writing to the AOF file: No space left on device" : $"Short write while writing to the AOF file: (nwritten={room}, expected=";
        Assert.Contains(reason, server.LogLines.ToString());

        SetRoom(server, files, long.MaxValue);
        TestClock.WaitUntil(() => client.Line("SET after x").Text == "OK", "writing again");
        Assert.Contains("AOF write error looks solved. The server can write again.", server.LogLines.ToString());
        Assert.Contains("aof_last_write_status:ok\r\n", client.Line("INFO persistence").Text);
        string digest = client.Line("DEBUG DIGEST").Text;
        Assert.Equal("OK", client.Line("DEBUG LOADAOF").Text);
        Assert.Equal(digest, client.Line("DEBUG DIGEST").Text);
        Assert.Equal(3, client.Line("DBSIZE").Number);
    }

    [Fact]
    public void WithAlwaysTheServerEnds()
    {
        var files = new MemoryFiles();
        bool hasEnded = false;
        using TestServer server = NewServer(files, AppendFsync.Always, onFatal: () => hasEnded = true);
        using RespClient client = server.Connect();
        SetRoom(server, files, 0);
        client.Line("SET a b");
        Assert.True(hasEnded);
        string[] lines = ["Error writing to the AOF file: No space left on device", "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting..."];
        Assert.All(lines, line => Assert.Contains(line, server.LogLines.ToString()));
    }

    /// <summary>Files of the process may have 256 KB, which is as good as a disk of that size.</summary>
    [Fact]
    public void WithAlwaysTheProcessEndsAndLosesNothing()
    {
        using var directory = new TestDirectory();
        string program = Path.Combine(directory.Path, "limited");
        string text = $"""
            #!/usr/bin/env bash
            ulimit -f 256
            trap '' XFSZ
            export DOTNET_EnableWriteXorExecute=0
            exec "{Repository.ServerProgram}" "$@"
            """;
        // Another process writes it: a program cannot be run while a child of this one, forked a moment before, has it open.
        Process.Start("sh", ["-c", "printf '%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"", program, text]).WaitForExit();
        string[] arguments = ["--save", "", "--dir", directory.Path, "--appendonly", "yes", "--appendfsync", "always"];
        int acknowledged = 0;
        using (ServerProcess server = ServerProcess.Start(program, arguments))
        {
            using RespClient client = server.Connect();
            try
            {
                while (client.Send("RPUSH", "list", new string('x', 1000)).Kind == ':') acknowledged++;
            }
            catch (IOException)
            {
                // The server is gone.
            }
            Assert.Equal(1, server.WaitForExit());
            Assert.Contains("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...", server.Log, StringComparison.Ordinal);
        }
        Assert.InRange(acknowledged, 100, 256);
        using (ServerProcess server = ServerProcess.Start(Repository.ServerProgram, arguments))
        {
            using RespClient client = server.Connect();
            Assert.Equal(acknowledged, client.Line("LLEN list").Number);
        }
    }

    private static TestServer NewServer(MemoryFiles files, AppendFsync policy, Action? onFatal = null)
    {
        var server = new TestServer(
            s =>
            {
                s.Security.EnableDebugCommand = ProtectedAction.Yes;
                s.Persistence.Directory = "/data";
                s.Persistence.AppendOnly = true;
                s.Persistence.AppendFsync = policy;
            },
            files: files);
        Assert.True(server.OnEngine(engine =>
        {
            engine.AppendOnlyFile = new AppendOnlyFile(engine);
            if (onFatal is not null) engine.AppendOnlyFile.OnFatal = onFatal;
            return engine.AppendOnlyFile.Start(null, out _);
        }));
        return server;
    }

    private static void SetRoom(TestServer server, MemoryFiles files, long room) => server.OnEngine(_ => files.Room = room);
}
