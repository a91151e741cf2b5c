using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>A server that fails says why, and ends as a crash.</summary>
public sealed class CrashTests
{
    private const int Aborted = 134;

    [Theory]
    [InlineData("PANIC", "Guru Meditation: DEBUG PANIC called at Unix time ")]
    [InlineData("ASSERT", "=== ASSERTION FAILED ===")]
    public void A_crash_leaves_a_report(string tool, string reason)
    {
        using ServerProcess server = ServerProcess.StartSigrun("--enable-debug-command", "yes");
        Crash(server, tool);
        Assert.Equal(Aborted, server.WaitForExit());
        string[] inOrder =
        [
            "BUG REPORT START", reason, "------ STACK TRACE ------", "Sigrun.Commands.DebugCommands.Debug",
            "------ STACK TRACE DONE ------", "------ INFO OUTPUT ------", "redis_version:", "BUG REPORT END",
        ];
        int at = 0;
        foreach (string part in inOrder)
        {
            int found = server.Log.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"{part} is missing:\n{server.Log}");
            at = found;
        }
    }

    [Fact]
    public void Details_and_the_abort_can_be_switched_off()
    {
        using ServerProcess server = ServerProcess.StartSigrun(
            "--enable-debug-command", "yes", "--crash-log-enabled", "no", "--use-exit-on-panic", "yes");
        Crash(server, "PANIC");
        Assert.Equal(1, server.WaitForExit());
        Assert.Contains("Guru Meditation", server.Log);
        Assert.DoesNotContain("STACK TRACE", server.Log);
    }

    private static void Crash(ServerProcess server, string tool)
    {
        using RespClient client = server.Connect();
        client.Write(Encoding.ASCII.GetBytes("DEBUG"), Encoding.ASCII.GetBytes(tool));
        Assert.Equal("", client.ReadToEnd());
    }
}
