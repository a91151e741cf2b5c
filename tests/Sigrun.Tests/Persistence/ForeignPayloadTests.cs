using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence;

/// <summary>Payloads and files of Redis 7.4 and later, put together by hand from the layouts of their types.</summary>
public sealed class ForeignPayloadTests : IDisposable
{
    private const long Day = 86_400_000;

    private static readonly string DataFile = Path.Combine(Path.GetTempPath().TrimEnd('/'), "dump.rdb");

    private readonly MemoryFiles _files = new();
    private readonly TestServer _server;
    private readonly RespClient _client;

    public ForeignPayloadTests()
    {
        _server = new TestServer(
            static s =>
            {
                s.Persistence.RdbVersionCheck = RdbVersionCheck.Relaxed;
                s.Persistence.Directory = Path.GetDirectoryName(DataFile)!;
                s.Security.EnableDebugCommand = ProtectedAction.Yes;
            },
            checking: true,
            files: _files);
        _client = _server.Connect();
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(25)]
    public void Hashes_with_fields_that_expire(int type)
    {
        long now = _server.Clock.UnixMilliseconds;
        long[] times = [0, now + Day, now + 2 * Day];
        byte[] value = ForeignPayloads.Hash(type, times);
        foreach (int version in (int[])[12, 15, 79])
        {
            Assert.Equal("+OK", Restore(value, version));
            AssertHash(times);
        }
        Load(value, 12);
        AssertHash(times);
        // The same byte means something else, or nothing, in a payload of another family.
        Assert.Equal("-ERR Bad data format", Restore(value, RdbFormat.Version));
    }

    [Theory]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(25)]
    public void A_hash_all_of_whose_fields_have_expired_is_not_loaded(int type)
    {
        long now = _server.Clock.UnixMilliseconds;
        Load(ForeignPayloads.Hash(type, [now - 5, now - 4, now - 3]), 12);
        Assert.Equal(":0", _client.Line("EXISTS k"));
    }

    [Theory]
    [InlineData(26, 13)]
    [InlineData(27, 14)]
    public void Streams(int type, int version)
    {
        byte[] value = ForeignPayloads.Stream(type);
        Assert.Equal("+OK", Restore(value, version));
        AssertStream(type);
        Load(value, version);
        AssertStream(type);
        Assert.Equal("-ERR Bad data format", Restore(value, RdbFormat.Version));
        Assert.Equal("-ERR Bad data format", Restore(value[..^1], version));
    }

    [Fact]
    public void What_was_given_back_must_be_pending_with_nobody()
    {
        Assert.Equal("-ERR Bad data format", Restore(ForeignPayloads.Stream(27, returned: 2), 14)); // alice has it
        Assert.Equal("-ERR Bad data format", Restore(ForeignPayloads.Stream(27, returned: 9), 14)); // not pending at all
        Assert.Equal("-ERR Bad data format", Restore(ForeignPayloads.Stream(27, returned: 0), 14)); // pending, with nobody named
        Assert.Equal("+OK", Restore(ForeignPayloads.Stream(27), 14));
    }

    private void AssertHash(long[] times)
    {
        Assert.Equal("[\"v0\", \"17\", \"v2\"]", _client.Line("HMGET k f0 f1 f2"));
        Assert.Equal($"[:-1, :{times[1]}, :{times[2]}]", _client.Line("HPEXPIRETIME k FIELDS 3 f0 f1 f2"));
        Assert.Equal(":3", _client.Line("HLEN k"));
    }

    private void AssertStream(int type)
    {
        Assert.Equal("""[["1-0", ["f", "v"]], ["2-0", ["f", "v"]], ["3-0", ["f", "v"]]]""", _client.Line("XRANGE k - +"));
        string nobody = type == 27 ? "[\"\", \"1\"], " : "";
        Assert.Equal($"""[:2, "{(type == 27 ? 1 : 2)}-0", "{(type == 27 ? 2 : 3)}-0", [{nobody}["alice", "{(type == 27 ? 1 : 2)}"]]]""", _client.Line("XPENDING k g"));
        Assert.Equal(":4", _client.Line("XINFO STREAM k").Items[11]);
        if (type == 27) Assert.Equal("""[["1-0", ["f", "v"]]]""", _client.Line("XCLAIM k g bob 0 1-0"));
    }

    private RespValue Restore(byte[] value, int version)
    {
        byte[] payload = ForeignPayloads.WithFooter(value, version);
        return _client.Send("RESTORE"u8.ToArray(), "k"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray());
    }

    /// <summary>Loads a file with the value as its only key.</summary>
    private void Load(byte[] value, int version)
    {
        byte[] header = System.Text.Encoding.ASCII.GetBytes($"REDIS{version:D4}");
        _files[DataFile] = [.. header, value[0], 1, (byte)'k', .. value[1..], (byte)RdbOpcode.EndOfFile, .. new byte[8]];
        Assert.Equal("+OK", _client.Line("DEBUG RELOAD NOSAVE"));
    }
}
