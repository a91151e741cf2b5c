using System.Text;
using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Tests;

/// <summary>Replies are the same however their bytes come, and nothing that a server sends does harm.</summary>
public sealed class ReplyParserTests
{
    private const string EveryType =
        "+OK\r\n-ERR no\r\n:-12\r\n$-1\r\n$0\r\n\r\n$5\r\na\r\nbc\r\n*-1\r\n*0\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n_\r\n,1.5\r\n,-inf\r\n#t\r\n#f\r\n"
        + "=8\r\ntxt:some\r\n(123456789012345678901234567890\r\n%1\r\n+k\r\n~1\r\n:7\r\n~2\r\n+a\r\n+b\r\n>2\r\n+pubsub\r\n+x\r\n|1\r\n+ttl\r\n:3\r\n$4\r\nreal\r\n";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Replies_may_come_in_pieces(int pieceLength)
    {
        string[] expected =
        [
            "OK\n", "(error) ERR no\n", "(integer) -12\n", "(nil)\n", "\"\"\n", "\"a\\r\\nbc\"\n", "(nil)\n", "(empty array)\n",
            "1) (integer) 1\n2) 1) \"x\"\n", "(nil)\n", "(double) 1.5\n", "(double) -inf\n", "(true)\n", "(false)\n", "some\n",
            "(big number) 123456789012345678901234567890\n", "1# k => 1~ (integer) 7\n", "1~ a\n2~ b\n", "1) pubsub\n2) x\n", "\"real\"\n",
        ];
        Assert.Equal(expected, Parse(EveryType, pieceLength).Select(ReplyFormat.Describe));
    }

    [Theory]
    [InlineData("!x\r\n", "Protocol error, got \"!\" as reply type byte")]
    [InlineData("\u0001\r\n", "Protocol error, got \"\\x01\" as reply type byte")]
    [InlineData(":1x\r\n", "Bad integer value")]
    [InlineData(":01\r\n", "Bad integer value")]
    [InlineData(",1.5.5\r\n", "Bad double value")]
    [InlineData("#x\r\n", "Bad bool value")]
    [InlineData("_x\r\n", "Bad nil value")]
    [InlineData("(12a\r\n", "Bad bignum value")]
    [InlineData("$x\r\n", "Bad bulk string length")]
    [InlineData("$-2\r\n", "Bulk string length out of range")]
    [InlineData("*x\r\n", "Bad multi-bulk length")]
    [InlineData("*99999999999\r\n", "Multi-bulk length out of range")]
    [InlineData("%9223372036854775807\r\n", "Multi-bulk length out of range")]
    [InlineData("=3\r\nabc\r\n", "Verbatim string 4 bytes of content type are missing or incorrectly encoded.")]
    [InlineData("+a\rb\r\n", "Bad simple string value")]
    public void What_is_no_reply_is_refused(string text, string message)
    {
        ConnectionException e = Assert.Throws<ConnectionException>(() => Parse(text, 1));
        Assert.Equal((ConnectionFault.Protocol, message), (e.Fault, e.Message));
    }

    [Fact]
    public void Depth_is_bounded()
    {
        string nested = string.Concat(Enumerable.Repeat("*1\r\n", ReplyParser.DepthMax));
        Assert.Single(Parse(nested + ":1\r\n", 1000));
        Assert.Throws<ConnectionException>(() => Parse(nested + "*1\r\n:1\r\n", 1000));
    }

    /// <summary>The number of parts is only a claim.</summary>
    [Fact]
    public void Parts_take_memory_when_they_come()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Empty(Parse("*2000000000\r\n:1\r\n", 1000));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Many_parts_arrive()
    {
        const int Count = 10_000;
        var text = new StringBuilder($"*{Count}\r\n");
        for (int i = 0; i < Count; i++) text.Append($":{i}\r\n");
        Reply reply = Assert.Single(Parse(text.ToString(), 4096));
        Assert.Equal(Enumerable.Range(0, Count), reply.Elements.Select(e => (int)e.Integer));
    }

    private static List<Reply> Parse(string text, int pieceLength)
    {
        var parser = new ReplyParser();
        var replies = new List<Reply>();
        foreach (byte[] piece in Encoding.Latin1.GetBytes(text).Chunk(pieceLength))
        {
            piece.CopyTo(parser.Room());
            parser.Advance(piece.Length);
            while (parser.TryRead(out Reply? reply)) replies.Add(reply!);
        }
        return replies;
    }
}
