using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>How much a request may ask for: what is just allowed, and the error and the end of the connection beyond it.</summary>
public sealed class LimitTests
{
    private const int LineMax = 64 * 1024;

    [Theory]
    [InlineData("", "too big inline request", 1)]
    [InlineData("*", "too big mbulk count string", 1)]
    [InlineData("*1\r\n$", "too big bulk count string", 1)]
    [InlineData("", "too big inline request", 3)]
    [InlineData("*", "too big mbulk count string", 3)]
    [InlineData("*1\r\n$", "too big bulk count string", 3)]
    public void A_line_over_64_KB_is_an_error(string start, string error, int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = server.Connect();
        int lineStart = start.Length == 0 ? 0 : start.Length - 1;
        string allowed = start + new string('1', LineMax - (start.Length - lineStart));
        client.WriteRaw("PING\r\n" + allowed);
        Assert.Equal("+PONG", client.Read());
        Assert.True(server.WaitUntilReceived(client, 6 + allowed.Length));
        client.WriteRaw("1");
        Assert.Equal($"-ERR Protocol error: {error}\r\n", client.ReadToEnd());
        TestClock.WaitUntil(() => server.ClientCount == 0, "end of the connection");
    }

    [Fact]
    public void An_inline_request_over_64_KB_is_taken_when_it_arrives_at_once_or_ends_in_time()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.WriteRaw("PING " + new string('a', LineMax - 5));
        Assert.True(server.WaitUntilReceived(client, LineMax));
        client.WriteRaw("\r\n");
        Assert.Equal(LineMax - 5, client.Read().Bytes.Length);
    }

    /// <summary>Only what is not an argument yet counts against client-query-buffer-limit.</summary>
    [Fact]
    public void Many_arguments_may_be_longer_than_the_query_buffer()
    {
        using TestServer server = new(settings => settings.Network.ClientQueryBufferLimitBytes = 1 << 20);
        using RespClient client = server.Connect();
        client.WriteRaw(RespClient.Request(["DEL", .. Enumerable.Range(0, 200_000).Select(i => $"key:{i:d10}")]));
        Assert.Equal(":0", client.Read());
        client.WriteRaw($"*2\r\n$4\r\nECHO\r\n${2 << 20}\r\n");
        client.WriteRaw(new string('x', (1 << 20) + 1));
        Assert.Equal("", client.ReadToEnd());
    }

    [Fact]
    public void An_argument_may_be_as_long_as_proto_max_bulk_len()
    {
        const int Max = 1024 * 1024;
        using TestServer server = new(settings => settings.Network.ProtoMaxBulkBytes = Max);
        using RespClient client = server.Connect();
        Assert.Equal(Max, client.Send("PING", new string('a', Max)).Bytes.Length);
        client.WriteRaw($"*2\r\n$4\r\nPING\r\n${Max + 1}\r\n");
        Assert.Equal("-ERR Protocol error: invalid bulk length\r\n", client.ReadToEnd());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Before_authentication_little_is_allowed(int ioThreads)
    {
        using TestServer server = WithPassword(ioThreads);
        Assert.Equal("-ERR Protocol error: unauthenticated multibulk length\r\n", AnswerTo(server, "*11\r\n"));
        Assert.Equal("-ERR Protocol error: unauthenticated bulk length\r\n", AnswerTo(server, "*2\r\n$4\r\nPING\r\n$16385\r\n"));
        Assert.Equal(
            "-NOAUTH Authentication required.\r\n-ERR Protocol error: unauthenticated multibulk length\r\n",
            AnswerTo(server, "PING\r\n*1000000\r\n"));

        using RespClient client = server.Connect();
        string[] ten = ["DEL", .. Enumerable.Repeat("k", 9)];
        Assert.Equal("-NOAUTH Authentication required.", client.Send(ten));
        Assert.Equal("-NOAUTH Authentication required.", client.Send("GET", new string('k', 16384)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_follows_authentication_in_the_same_packet_has_the_wide_limits(int ioThreads)
    {
        using TestServer server = WithPassword(ioThreads);
        using RespClient client = server.Connect();
        string[] eleven = ["DEL", .. Enumerable.Repeat("k", 10)];
        byte[] request =
        [
            .. RespClient.Request("GET", "k"), .. RespClient.Request("AUTH", "secret"), .. RespClient.Request(eleven),
            .. RespClient.Request("PING", new string('x', 16385)),
        ];
        client.WriteRaw(request);
        Assert.Equal("-NOAUTH Authentication required.", client.Read());
        Assert.Equal("+OK", client.Read());
        Assert.Equal(":0", client.Read());
        Assert.Equal(16385, client.Read().Bytes.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_wrong_password_does_not_widen_the_limits(int ioThreads)
    {
        using TestServer server = WithPassword(ioThreads);
        Assert.Equal(
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n-ERR Protocol error: unauthenticated multibulk length\r\n",
            AnswerTo(server, "AUTH wrong\r\n*11\r\n"));
    }

    private static TestServer WithPassword(int ioThreads) => new(settings =>
    {
        settings.Security.RequirePass = "secret";
        settings.Network.IoThreads = ioThreads;
    });

    private static string AnswerTo(TestServer server, string request)
    {
        using RespClient client = server.Connect();
        client.WriteRaw(Encoding.Latin1.GetBytes(request));
        return client.ReadToEnd();
    }
}
