using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Observability;

/// <summary>The logs of commands that were slow, or large: SLOWLOG and COMMANDLOG.</summary>
public sealed class CommandLogTests
{
    /// <summary>The last command of a turn, whose arguments are released when the turn ends.</summary>
    [Fact]
    public void ALargeCommandIsKeptWithTheBeginningsOfItsArguments()
    {
        const int Length = 64 << 20;
        using TestServer server = new(static s => s.Observability.SlowLogThresholdMicros = 1000);
        using RespClient client = server.Connect();
        client.Send("SET", "large", new string('v', Length));
        string entry = client.Send("SLOWLOG", "GET", "1").ToString();
        Assert.Contains($"\"SET\", \"large\", \"{new string('v', 128)}... ({Length - 128} more bytes)\"", entry, StringComparison.Ordinal);
    }

    [Fact]
    public void LargeRequestsAndRepliesAreLoggedWithTheirBytes()
    {
        using TestServer server = new(s =>
        {
            s.Observability.LargeRequestThresholdBytes = 1000;
            s.Observability.LargeReplyThresholdBytes = 1000;
        });
        using RespClient client = server.Connect();
        string value = new('v', 971);
        // *3 $3 SET $1 k $971 and the value, each line with its end: 999 bytes, and one more.
        Assert.Equal("+OK", client.Send("SET", "k", value).ToString());
        Assert.Equal(":0", client.Line("COMMANDLOG LEN large-request").ToString());
        Assert.Equal("+OK", client.Send("SET", "k", value + "v").ToString());
        RespValue entry = Assert.Single(client.Line("COMMANDLOG GET -1 large-request").Items);
        Assert.Equal(RespClient.Request("SET", "k", value + "v").Length, entry.Items[2].Number);
        Assert.Equal(["SET", "k", new string('v', 128) + "... (844 more bytes)"], entry.Items[3].Items.Select(item => item.Text));

        client.Send("GET", "k");
        Assert.Equal(":0", client.Line("COMMANDLOG LEN large-reply").ToString());
        client.Send("SET", "k", new string('v', 200_000));
        client.Send("GET", "k");
        client.Send(["RPUSH", "l", .. Enumerable.Repeat(value, 100)]);
        client.Send("LRANGE", "l", "0", "-1");
        RespValue replies = client.Line("COMMANDLOG GET 10 large-reply");
        Assert.Equal([$"{6 + 100 * (971 + 8)}", $"{9 + 200_000 + 2}"], replies.Items.Select(item => item.Items[2].Text));
        Assert.Equal("+OK", client.Line("COMMANDLOG RESET large-reply").ToString());
        Assert.Equal("[]", client.Line("COMMANDLOG GET 10 large-reply").ToString());
    }

    [Fact]
    public void HowMuchIsKeptOfArgumentsCanBeSet()
    {
        using TestServer server = new(s => s.Observability.SlowLogThresholdMicros = 0);
        using RespClient client = server.Connect();
        Assert.Equal("+OK", client.Line("CONFIG SET slowlog-entry-max-argc 3 slowlog-entry-max-string-len 5"));
        client.Line("RPUSH list abcdefg b c");
        RespValue entry = client.Line("SLOWLOG GET 1").Items[0];
        Assert.Equal(["RPUSH", "list", "... (3 more arguments)"], entry.Items[3].Items.Select(item => item.Text));
        client.Line("RPUSH list abcdefg");
        entry = client.Line("SLOWLOG GET 1").Items[0];
        Assert.Equal(["RPUSH", "list", "abcde... (2 more bytes)"], entry.Items[3].Items.Select(item => item.Text));
    }

    [Fact]
    public void ALogHasToBeNamed()
    {
        using TestServer server = new(s => s.Observability.SlowLogThresholdMicros = -1);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            COMMANDLOG LEN large -> -ERR type should be one of the following: slow, large-request, large-reply
            COMMANDLOG GET -2 slow -> -ERR count should be greater than or equal to -1
            COMMANDLOG GET x slow -> -ERR count should be greater than or equal to -1
            COMMANDLOG LEN -> -ERR wrong number of arguments for 'commandlog|len' command
            COMMANDLOG LEN SLOW -> :0
            """);
    }
}
