using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>Any call on a file may fail while the append-only file is rewritten or begun, and the power may go at any.</summary>
public sealed class AofRewriteFaultTests
{
    private const int WritesPerPhase = 2;
    private const int StatesPerCut = 4;
    private const int CallsMax = 200;

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void ThePowerMayGoAtAnyCall(bool withSnapshot, bool wasOn)
    {
        var chance = new Random(1);
        for (int n = 1; n < CallsMax; n++)
        {
            var files = new MemoryFiles { FailingCall = n, StaysOff = true };
            int durable = Run(files, withSnapshot, wasOn, mustRecover: false);
            for (int i = 0; i < StatesPerCut; i++) AssertKept(files.AfterPowerCut(chance), withSnapshot, durable, n);
            if (files.Calls < n) return;
        }
        Assert.Fail("There were too many calls.");
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void AnyCallMayFail(bool withSnapshot, bool wasOn)
    {
        for (int n = 1; n < CallsMax; n++)
        {
            var files = new MemoryFiles { FailingCall = n };
            int durable = Run(files, withSnapshot, wasOn, mustRecover: true);
            AssertKept(files.AfterCrash(), withSnapshot, durable, n);
            if (files.Calls < n) return;
        }
        Assert.Fail("There were too many calls.");
    }

    /// <summary>Writes, rewrites or begins the file, and writes meanwhile and afterwards; how many writes are known to be durable.</summary>
    private static int Run(MemoryFiles files, bool withSnapshot, bool wasOn, bool mustRecover)
    {
        int durable = 0;
        using var server = new AofBench(files, withSnapshot, wasOn);
        if (!server.File.Start(null, out _)) return 0;
        if (!Write()) return durable;
        bool hasBegun = wasOn ? server.File.Rewrite.TryStart() : server.File.TurnOn();
        if (!Write()) return durable;
        server.EndSnapshot();
        if (!Write() || !mustRecover) return durable;
        int calls = files.Calls;
        bool isBegun = hasBegun || wasOn ? server.File.Rewrite.TryStart() : server.File.TurnOn();
        server.EndSnapshot();
        bool hasFailedNow = files.FailingCall > calls && files.FailingCall <= files.Calls;
        if (!hasFailedNow) Assert.True(isBegun && !server.File.Rewrite.HasFailed, $"The attempt after call {files.FailingCall} fails.");
        Write();
        return durable;

        bool Write()
        {
            for (int i = 0; i < WritesPerPhase; i++)
            {
                if (!server.TryDo("RPUSH", "list", "element")) return false;
                // While a synchronisation has failed, writes are refused.
                if (server.File.IsOn && !server.File.IsWaitingForBase) durable = (int)server.ListLength();
            }
            return true;
        }
    }

    private static void AssertKept(MemoryFiles files, bool withSnapshot, int durable, int call)
    {
        using var server = new AofBench(files, withSnapshot);
        Assert.True(server.File.Start(null, out _), $"The server does not start after call {call}.");
        long kept = server.ListLength();
        Assert.True(kept >= durable, $"{durable} writes were durable before call {call}, {kept} are there.");
        Assert.True(kept <= 4 * WritesPerPhase, $"{kept} writes are there after call {call}, more than were sent.");
    }
}
