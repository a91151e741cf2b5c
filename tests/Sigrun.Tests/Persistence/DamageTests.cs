using System.Globalization;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence;

/// <summary>
/// Damaged files and payloads given to a server that believes every checksum. It may refuse them or find something in
/// them; what it has found can be used in every way, and the server lives.
/// </summary>
/// <remarks>
/// SIGRUN_DAMAGE_ROUNDS and SIGRUN_DAMAGE_SEED make the runs longer and different, SIGRUN_DAMAGE_FILES names more files to
/// begin with, separated by colons (see the script tests/damage).
/// </remarks>
public sealed class DamageTests : IDisposable
{
    private static readonly string DataFile = Path.Combine(Path.GetTempPath().TrimEnd('/'), "dump.rdb");
    private static readonly int Rounds = Number("SIGRUN_DAMAGE_ROUNDS", 300);
    private static readonly int Seed = Number("SIGRUN_DAMAGE_SEED", 5);

    private readonly MemoryFiles _files = new();
    private readonly TestServer _server;
    private readonly RespClient _client;
    private readonly Random _random = new(Seed);

    public DamageTests()
    {
        _server = new TestServer(
            static s =>
            {
                s.Persistence.Directory = Path.GetDirectoryName(DataFile)!;
                s.Persistence.RdbChecksum = false;
                s.Persistence.RdbVersionCheck = RdbVersionCheck.Relaxed;
                s.Persistence.RdbSkipModuleKeys = true;
                s.Security.EnableDebugCommand = ProtectedAction.Yes;
                // Small thresholds make small values take the forms of large ones.
                s.Types.HashMaxListpackEntries = 8;
            },
            checking: true,
            files: _files);
        _server.OnEngine(static engine => engine.Dumps.SkipsChecksum = true);
        _client = _server.Connect();
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Files()
    {
        byte[][] files = [SmallFile(), .. MoreFiles()];
        (int refused, int loaded) = (0, 0);
        for (int i = 0; i < Rounds; i++)
        {
            _files[DataFile] = Damaged(files[i % files.Length]);
            RespValue reply = _client.Line("DEBUG RELOAD NOSAVE");
            if (reply.IsError)
            {
                refused++;
                continue;
            }
            loaded++;
            UseAll();
        }
        Assert.Equal("+PONG", _client.Line("PING"));
        if (Rounds >= 300) Assert.True(refused > Rounds / 10 && loaded > Rounds / 100, $"{refused} refused, {loaded} loaded");
    }

    [Fact]
    public void Payloads()
    {
        byte[][] payloads = AllPayloads();
        (int refused, int taken) = (0, 0);
        for (int i = 0; i < Rounds * 10; i++)
        {
            byte[] payload = Damaged(payloads[i % payloads.Length]);
            RespValue reply = _client.Send("RESTORE"u8.ToArray(), "k"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray());
            if (reply.IsError)
            {
                refused++;
                continue;
            }
            taken++;
            Use("k"u8.ToArray());
        }
        Assert.Equal("+PONG", _client.Line("PING"));
        if (Rounds >= 300) Assert.True(refused > Rounds && taken > Rounds, $"{refused} refused, {taken} taken");
    }

    /// <summary>A few bytes changed, or bits flipped, or the end cut off; rarely many.</summary>
    private byte[] Damaged(byte[] whole)
    {
        byte[] bytes = [.. whole];
        if (_random.Next(12) == 0) bytes = bytes[.._random.Next(1, bytes.Length)];
        for (int changes = _random.Next(8) == 0 ? 20 : _random.Next(1, 4); changes > 0; changes--)
        {
            int at = _random.Next(_random.Next(4) == 0 ? Math.Min(24, bytes.Length) : bytes.Length);
            bytes[at] = _random.Next(3) switch
            {
                0 => (byte)(bytes[at] ^ 1 << _random.Next(8)),
                1 => (byte)_random.Next(256),
                _ => (byte)(bytes[at] + _random.Next(-2, 3)),
            };
        }
        return bytes;
    }

    private void UseAll()
    {
        Assert.False(_client.Line("DEBUG DIGEST").IsError);
        foreach (RespValue key in _client.Line("KEYS *").Items) Use(key.Bytes);
    }

    /// <summary>Reads the value whole, dumps it and makes it again, changes it, copies it, and removes it.</summary>
    private void Use(byte[] key)
    {
        string type = Send("TYPE", key).Text;
        foreach (string command in Uses(type)) Send(command, key);
        // A payload has no time of expiry, and the digest tells whether there is one.
        Send("PERSIST", key);
        RespValue dump = Send("DUMP", key);
        Assert.False(dump.IsError, dump.ToString());
        RespValue copy = _client.Send("RESTORE"u8.ToArray(), "copy"u8.ToArray(), "0"u8.ToArray(), dump.Bytes, "REPLACE"u8.ToArray());
        Assert.True(copy == "+OK", $"{type} {Convert.ToHexString(dump.Bytes)}: {copy}");
        Assert.Equal(Digest(key), Digest("copy"u8.ToArray()));
        foreach (string command in Changes(type)) Send(command, key);
        Send("DUMP", key);
        Send("COPY # other REPLACE", key);
        Send("DEL # copy other", key);
    }

    private string Digest(byte[] key) => Send("DEBUG DIGEST-VALUE", key).ToString();

    private static string[] Uses(string type) => type switch
    {
        "string" => ["GET", "GETRANGE # 2 -3", "BITCOUNT", "PFCOUNT", "INCRBY # 1"],
        "list" => ["LRANGE # 0 -1", "LLEN", "LINDEX # -1", "LPOS # a RANK -1"],
        "set" => ["SMEMBERS", "SRANDMEMBER # -5", "SUNION # #", "SSCAN # 0"],
        "zset" => ["ZRANGE # 0 -1 WITHSCORES", "ZRANGE # -inf +inf BYSCORE REV", "ZRANGE # + - BYLEX REV", "ZRANDMEMBER # -5"],
        "hash" => ["HGETALL", "HRANDFIELD # -5 WITHVALUES", "HSCAN # 0", "HTTL # FIELDS 1 f"],
        "stream" => ["XRANGE # - +", "XREVRANGE # + -", "XINFO STREAM # FULL", "XREADGROUP GROUP group x STREAMS # >", "XPENDING # group - + 100"],
        _ => throw new ArgumentException(type),
    };

    private static string[] Changes(string type) => type switch
    {
        "string" => ["APPEND # x", "SETRANGE # 3 abc", "PFADD # a b"],
        "list" => ["LINSERT # BEFORE a x", "RPUSH # y", "LSET # 0 z", "LREM # 0 a", "LTRIM # 1 -2", "LPOP # 3"],
        "set" => ["SADD # 5 abc 123456789012", "SREM # abc", "SPOP # 2"],
        "zset" => ["ZADD # 3 abc", "ZINCRBY # 5 a", "ZREMRANGEBYRANK # 1 2", "ZPOPMIN # 2", "ZPOPMAX"],
        "hash" => ["HSET # f v new w", "HINCRBY # n 3", "HEXPIRE # 1000 FIELDS 1 f", "HDEL # new f"],
        _ => ["XADD # * a b", "XDEL # 1-0 2-1", "XAUTOCLAIM # group y 0 0", "XACK # group 3-0", "XTRIM # MAXLEN ~ 20", "XTRIM # MAXLEN 3", "XGROUP DELCONSUMER # group alice"],
    };

    /// <summary>Sends a command whose key is <c>#</c>, or comes last.</summary>
    private RespValue Send(string command, byte[] key)
    {
        string[] words = command.Split(' ');
        byte[][] arguments = [.. words.Select(w => w == "#" ? key : Encoding.ASCII.GetBytes(w))];
        return _client.Send(words.Contains("#") ? arguments : [.. arguments, key]);
    }

    private byte[] SmallFile()
    {
        SampleData.Fill(_client);
        _client.Send("DEL", "noise", "repeated", "list:large", "list:plain", "stream");
        _client.Send("HEXPIRE", "hash:small", "100000", "FIELDS", "1", "f");
        for (int i = 1; i <= 30; i++) _client.Line($"XADD stream {i}-0 a {i} b x");
        _client.Line("XGROUP CREATE stream group 0");
        _client.Line("XREADGROUP GROUP group alice COUNT 5 STREAMS stream >");
        _client.Line("RPUSH list a b 5 a");
        Assert.Equal("+OK", _client.Line("SAVE"));
        return _files[DataFile];
    }

    private static IEnumerable<byte[]> MoreFiles() =>
        (Environment.GetEnvironmentVariable("SIGRUN_DAMAGE_FILES") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(File.ReadAllBytes);

    /// <summary>What the server itself makes of its data, and the older and foreign forms that other tests read.</summary>
    private byte[][] AllPayloads()
    {
        SmallFile();
        var payloads = new List<byte[]>();
        foreach (RespValue key in _client.Line("KEYS *").Items) payloads.Add(Send("DUMP", key.Bytes).Bytes);
        string file = Path.Combine(AppContext.BaseDirectory, "Types", "Streams", "stream-payloads.txt");
        payloads.AddRange(File.ReadAllLines(file).Where(static l => !l.StartsWith('#')).Select(static l => Convert.FromHexString(l.Split('|')[3])));
        foreach (int type in (int[])[22, 23, 24, 25])
            payloads.Add(ForeignPayloads.WithFooter(ForeignPayloads.Hash(type, [0, 4_000_000_000_000, 4_000_000_000_500]), 12));
        foreach (int type in (int[])[26, 27]) payloads.Add(ForeignPayloads.WithFooter(ForeignPayloads.Stream(type), 14));
        return [.. payloads];
    }

    private static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
