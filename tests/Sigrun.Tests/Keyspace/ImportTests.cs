using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Keyspace;

/// <summary>import-mode: keys neither expire nor are evicted by themselves, since the source of the import says which go.</summary>
public sealed class ImportTests : IDisposable
{
    private readonly TestServer _server = new(s =>
    {
        s.Memory.ImportMode = true;
        s.Memory.Policy = MaxMemoryPolicy.AllKeysLru;
    });
    private readonly RespClient _source;
    private readonly RespClient _other;

    public ImportTests()
    {
        _source = _server.Connect();
        _other = _server.Connect();
        Assert.Equal("+OK", Source("CLIENT IMPORT-SOURCE ON"));
    }

    public void Dispose()
    {
        _source.Dispose();
        _other.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void ToTheSourceNothingHasExpired()
    {
        SetExpired();
        Assert.Equal("1", _source.Line("GET key").Text);
        Assert.Equal(":0", Source("TTL key"));
        Assert.Equal(":2", Source("INCR key"));
        Assert.Equal("v", _source.Line("HGET hash f").Text);
        Assert.Equal("[\"hash\", \"key\"]", Sorted(_source.Line("KEYS *")));
        Assert.Equal("[\"hash\", \"key\"]", Sorted(_source.Line("SCAN 0 COUNT 1000").Items[1]));
    }

    [Fact]
    public void ToOthersItHasAndIsStillThere()
    {
        SetExpired();
        Assert.Equal("nil", Other("GET key"));
        Assert.Equal(":-2", Other("TTL key"));
        Assert.Equal("nil", Other("HGET hash f"));
        Assert.Equal("[\"hash\"]", Sorted(_other.Line("KEYS *")));
        Assert.Equal("[\"hash\"]", Sorted(_other.Line("SCAN 0 COUNT 1000").Items[1]));
        Assert.Equal(":2", Other("DBSIZE"));
        Assert.Equal(":1", Other("APPEND key x"));
    }

    [Fact]
    public void TimesOfThePastAreKept()
    {
        Assert.Equal("+OK", Source("SET key 1"));
        Assert.Equal(":1", Source("PEXPIREAT key 1"));
        Assert.Equal(":1", Source("DBSIZE"));
        Assert.Equal("1", _source.Line("GET key").Text);
    }

    [Fact]
    public void WhenItIsOverKeysExpire()
    {
        SetExpired();
        _server.OnEngine(engine => engine.Settings.Memory.ImportMode = false);
        TestClock.WaitUntil(() => Other("DBSIZE") == ":0", "the end of all keys");
    }

    [Fact]
    public void NothingIsEvicted()
    {
        Assert.Equal("+OK", Source("SET key 1"));
        _server.OnEngine(engine =>
        {
            engine.Settings.Memory.MaxMemoryBytes = 1;
            engine.ApplySettings();
            return true;
        });
        Assert.Equal("-OOM command not allowed when used memory > 'maxmemory'.", Source("SET other 1"));
        Assert.Equal(":1", Source("DBSIZE"));
    }

    [Fact]
    public void OnlyInThisModeIsThereASource()
    {
        Assert.Contains(" flags=I ", Source("CLIENT LIST"), StringComparison.Ordinal);
        Assert.Equal("-ERR syntax error", Other("CLIENT IMPORT-SOURCE perhaps"));
        _server.OnEngine(engine => engine.Settings.Memory.ImportMode = false);
        Assert.Equal("-ERR Server is not in import mode", Other("CLIENT IMPORT-SOURCE ON"));
        Assert.Equal("+OK", Source("CLIENT IMPORT-SOURCE OFF"));
        Assert.DoesNotContain(" flags=I ", Source("CLIENT LIST"), StringComparison.Ordinal);
    }

    private void SetExpired()
    {
        Assert.Equal("+OK", Source("SET key 1 PX 1"));
        Assert.Equal(":1", Source("HSET hash f v"));
        Assert.Equal("[:1]", Source("HPEXPIRE hash 1 FIELDS 1 f"));
        _server.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("+PONG", Source("PING"));
    }

    private static string Sorted(RespValue names) =>
        $"[{string.Join(", ", names.Items.Select(name => $"\"{name.Text}\"").Order(StringComparer.Ordinal))}]";

    private string Source(string line) => _source.Line(line).ToString();

    private string Other(string line) => _other.Line(line).ToString();
}
