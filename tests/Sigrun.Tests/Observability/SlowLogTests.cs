using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Observability;

/// <summary>What the slow log keeps of commands.</summary>
public sealed class SlowLogTests
{
    /// <summary>The last command of a turn, whose arguments are released when the turn ends.</summary>
    [Fact]
    public void ALargeCommandIsKeptWithTheBeginningsOfItsArguments()
    {
        const int Length = 64 << 20;
        using TestServer server = new();
        using RespClient client = server.Connect();
        Assert.Equal("+OK", client.Line("CONFIG SET slowlog-log-slower-than 1000"));
        client.Send("SET", "large", new string('v', Length));
        string entry = client.Send("SLOWLOG", "GET", "1").ToString();
        Assert.Contains($"\"SET\", \"large\", \"{new string('v', 128)}... ({Length - 128} more bytes)\"", entry, StringComparison.Ordinal);
    }
}
