using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>What administrative commands say to unusual arguments.</summary>
public sealed class AdministrativeReplyTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _client;

    public AdministrativeReplyTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("SLOWLOG GET -1 x", "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.")]
    [InlineData("SLOWLOG GET -2", "-ERR count should be greater than or equal to -1")]
    [InlineData("SHUTDOWN ABORT", "-ERR No shutdown in progress.")]
    [InlineData("SHUTDOWN ABORT abort", "-ERR No shutdown in progress.")]
    [InlineData("SHUTDOWN ABORT NOW", "-ERR syntax error")]
    [InlineData("SHUTDOWN NOSAVE ABORT", "-ERR syntax error")]
    [InlineData("SHUTDOWN SAVE NOSAVE", "-ERR syntax error")]
    [InlineData("SHUTDOWN sometimes", "-ERR syntax error")]
    [InlineData("SHUTDOWN FAILOVER NOW", "-ERR SHUTDOWN FAILOVER is only supported in cluster mode.")]
    [InlineData("SHUTDOWN ABORT FAILOVER", "-ERR syntax error")]
    [InlineData("WAIT a b", "-ERR value is not an integer or out of range")]
    [InlineData("WAIT 1.5 0", "-ERR value is not an integer or out of range")]
    [InlineData("WAIT 0 a", "-ERR timeout is not an integer or out of range")]
    [InlineData("WAIT 0 -1", "-ERR timeout is negative")]
    [InlineData("WAIT 1 9223372036854775807", "-ERR timeout is out of range")]
    [InlineData("WAIT -1 0", ":0")]
    [InlineData("WAITAOF a b c", "-ERR value is not an integer or out of range")]
    [InlineData("WAITAOF 2 0 0", "-ERR value is out of range, value must between 0 and 1")]
    [InlineData("WAITAOF 0 a 0", "-ERR value is out of range, must be positive")]
    [InlineData("WAITAOF 0 -1 a", "-ERR value is out of range, must be positive")]
    [InlineData("WAITAOF 0 99999999999999999999 0", "-ERR value is out of range, must be positive")]
    [InlineData("WAITAOF 1 0 a", "-ERR timeout is not an integer or out of range")]
    [InlineData("WAITAOF 1 0 -1", "-ERR timeout is negative")]
    [InlineData("WAITAOF 1 0 0", "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")]
    [InlineData("CLIENT SETNAME a\0b", "+OK")]
    [InlineData("CLIENT SETNAME \0", "+OK")]
    [InlineData("CLIENT SETNAME \u0001", "-ERR Client names cannot contain spaces, newlines or special characters.")]
    public void Reply(string line, string reply) => Assert.Equal(reply, _client.Line(line));

    /// <summary>The line is taken for one that is not whole yet; nothing of it runs.</summary>
    [Theory]
    [InlineData("SET k v\0\r\nSET k w\r\n")]
    [InlineData("\0\r\nSET k v\r\n")]
    public void An_inline_request_with_a_zero_byte_never_ends(string request)
    {
        using RespClient other = _server.Connect();
        other.WriteRaw(request);
        Assert.True(_server.WaitUntilReceived(other, request.Length));
        Assert.Equal(":0", _client.Line("EXISTS k"));
        other.WriteRaw(new string('x', 64 * 1024));
        Assert.Equal("-ERR Protocol error: too big inline request\r\n", other.ReadToEnd());
    }
}
