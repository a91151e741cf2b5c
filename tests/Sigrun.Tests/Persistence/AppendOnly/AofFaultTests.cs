using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>Any call on a file may fail, and the power may go at any: what was acknowledged is there afterwards.</summary>
public sealed class AofFaultTests
{
    private const int Writes = 6;
    private const int StatesPerCut = 8;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ThePowerMayGoAtAnyCall(bool withSnapshot)
    {
        var chance = new Random(1);
        for (int n = 1; ; n++)
        {
            var files = new MemoryFiles { FailingCall = n, StaysOff = true };
            int acknowledged = Run(files, withSnapshot);
            for (int i = 0; i < StatesPerCut; i++) AssertKept(files.AfterPowerCut(chance), withSnapshot, acknowledged, n);
            if (files.Calls < n) return;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnyCallMayFail(bool withSnapshot)
    {
        for (int n = 1; ; n++)
        {
            var files = new MemoryFiles { FailingCall = n };
            int acknowledged = Run(files, withSnapshot);
            AssertKept(files.AfterCrash(), withSnapshot, acknowledged, n);
            if (files.Calls < n) return;
        }
    }

    /// <summary>Starts, writes, is switched off and on, and writes again; how many writes were acknowledged.</summary>
    private static int Run(MemoryFiles files, bool withSnapshot)
    {
        int acknowledged = 0;
        using var server = new AofBench(files, withSnapshot);
        if (!server.File.Start(null, out _)) return 0;
        while (acknowledged < Writes)
        {
            server.Do("RPUSH", "list", acknowledged.ToString());
            server.Engine.EndTurn();
            if (server.HasFailed) return acknowledged;
            acknowledged++;
        }
        return acknowledged;
    }

    private static void AssertKept(MemoryFiles files, bool withSnapshot, int acknowledged, int call)
    {
        using var server = new AofBench(files, withSnapshot);
        Assert.True(server.File.Start(null, out _), $"The server does not start after call {call}.");
        long kept = server.ListLength();
        Assert.True(kept >= acknowledged, $"{acknowledged} writes were acknowledged before call {call}, {kept} are there.");
        Assert.True(kept <= Writes, $"{kept} writes are there after call {call}, more than were sent.");
    }
}
