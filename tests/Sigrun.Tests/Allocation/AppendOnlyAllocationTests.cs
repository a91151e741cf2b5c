using Sigrun.Configuration;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage.Files;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>Nor do commands allocate anything while an append-only file records them.</summary>
[Collection(Alone.Name)]
public sealed class AppendOnlyAllocationTests
{
    private static readonly string[] Commands =
    [
        "GET key:{0}", "SET key:{0} 0123456789012345678901234567890123456789012345678901234567890123", "SET expiring:{0} v EX 50000",
        "SET key:{0} v KEEPTTL", "INCR number:{0}", "INCRBYFLOAT float:{0} 0.5", "MSET key:{0} a number:{0} 3", "EXPIRE expiring:{0} 50000",
        "GETEX expiring:{0} EX 60000", "HSET hash:{0} f v", "HINCRBY hash:{0} n 3", "HINCRBYFLOAT hash:{0} x 0.25", "RPUSH list:{0} v",
        "LPOP list:{0}", "LMOVE long:{0} long:{0} LEFT RIGHT", "SADD set:{0} a b", "SPOP set:{0}", "ZADD ranks:{0} 1 a 2 b",
        "ZINCRBY ranks:{0} 0.5 a", "ZPOPMIN ranks:{0}", "SETBIT bits:{0} 7 1", "DEL gone:{0}",
    ];

    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    public void Commands_allocate_nothing(string policy)
    {
        using var directory = new TestDirectory();
        using var server = new TestServer(
            s =>
            {
                s.Persistence.Directory = directory.Path;
                s.Persistence.AppendOnly = true;
                s.Persistence.AppendFsync = policy == "always" ? AppendFsync.Always : AppendFsync.EverySecond;
            },
            files: new SystemFiles());
        Assert.True(server.OnEngine(engine => (engine.AppendOnlyFile = new AppendOnlyFile(engine)).Start(null, out _)));
        using var state = new SteadyState(server);
        foreach (string command in Commands) state.AssertAllocatesNothing(command);
        Assert.True(server.OnEngine(engine => engine.AppendOnlyFile!.Offset) > 1_000_000);
    }
}
