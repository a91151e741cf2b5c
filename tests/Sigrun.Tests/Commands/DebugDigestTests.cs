using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>Signatures of data; those written out are the reference server's.</summary>
public sealed class DebugDigestTests
{
    [Fact]
    public void Digests_are_those_of_the_reference()
    {
        using TestServer server = Start();
        using RespClient client = server.Connect();
        Assert.Equal("+0000000000000000000000000000000000000000", client.Line("DEBUG DIGEST"));
        client.Line("SET foo bar");
        client.Line("SET n 12");
        client.Send("SET", "long", new string('x', 1000));
        Assert.Equal("+edbb8edbe07aed9ae9f1026b64b526449bb5b1fc", client.Line("DEBUG DIGEST"));
        client.Line("SELECT 5");
        client.Line("SET a 1 EX 1000");
        client.Line("SELECT 15");
        client.Line("SET foo bar");
        Assert.Equal("+9df7a5ce996c139bd51d17ee7be4825ccbe700fe", client.Line("DEBUG DIGEST"));
        client.Line("SELECT 5");
        Assert.Equal("[+5279988c5d1911f474bcbbf2f0a87012d40f8459, +0000000000000000000000000000000000000000]",
            client.Line("DEBUG DIGEST-VALUE a foo"));
        client.Line("SELECT 0");
        Assert.Equal("[+68467c70ae30376e7ce005bcc8827f5ba7fd67dc, +655ac46b180ad2f61a3cee25f0b1780fa2ec879a]",
            client.Line("DEBUG DIGEST-VALUE foo n"));
        client.Line("FLUSHALL");
        client.Line("DEBUG POPULATE 100");
        client.Line("DEBUG POPULATE 10 pre 40");
        Assert.Equal("+e03754a2c159c07d6425f2509ef23153a8c39f59", client.Line("DEBUG DIGEST"));
    }

    [Fact]
    public void Order_encoding_and_time_of_expiry_do_not_matter()
    {
        using TestServer first = Start();
        using TestServer second = Start();
        using RespClient one = first.Connect();
        using RespClient two = second.Connect();
        for (int i = 0; i < 500; i++) one.Send("SET", $"k{i}", $"{i}");
        one.Line("EXPIRE k7 100");
        for (int i = 499; i >= 0; i--)
        {
            two.Send("SET", $"k{i}", "");
            two.Send("APPEND", $"k{i}", $"{i}");
        }
        Assert.NotEqual(one.Line("DEBUG DIGEST").Text, two.Line("DEBUG DIGEST").Text);
        two.Line("EXPIRE k7 90000");
        Assert.NotEqual(one.Line("OBJECT ENCODING k7").Text, two.Line("OBJECT ENCODING k7").Text);
        Assert.Equal(one.Line("DEBUG DIGEST").Text, two.Line("DEBUG DIGEST").Text);
        two.Send("SET", "k8", "9");
        Assert.NotEqual(one.Line("DEBUG DIGEST").Text, two.Line("DEBUG DIGEST").Text);
    }

    private static TestServer Start() => new(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes);
}
