using System.Security.Cryptography;
using Sigrun.Configuration;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.Background;

/// <summary>A server whose files are in memory, with one client; and what it tells of its snapshots.</summary>
internal sealed class PersistentServer : IDisposable
{
    public const string Snapshot = "/data/dump.rdb";
    public const string Pending = "stream:pending";

    private const int PayloadFooterBytes = 10;

    private readonly TestServer _server;

    public PersistentServer(MemoryFiles? files = null, bool appends = false, Action<EngineSettings>? configure = null)
    {
        Files = files ?? new MemoryFiles();
        _server = new TestServer(
            s =>
            {
                s.Security.EnableDebugCommand = ProtectedAction.Yes;
                s.Persistence.Directory = "/data";
                s.Persistence.AppendOnly = appends;
                s.Persistence.AppendFsync = AppendFsync.Always;
                s.Persistence.SavePoints = [];
                configure?.Invoke(s);
            },
            files: Files);
        Assert.True(OnEngine(engine => (engine.AppendOnlyFile = new AppendOnlyFile(engine)).Start(null, out _)), Log);
        Client = _server.Connect();
    }

    public MemoryFiles Files { get; }

    public RespClient Client { get; }

    public TestClock Clock => _server.Clock;

    public string Log => _server.LogLines.ToString()!;

    public string Digest => Do("DEBUG DIGEST");

    /// <summary>All of the stream with much that is pending, whose groups are no part of a digest; without the payload's version and sum.</summary>
    public string PendingDigest => DigestOfPayload(Client.Line("DUMP " + Pending).Bytes);

    /// <summary>The names of all files without their directories.</summary>
    public IEnumerable<string> FileNames => Files.Names.Select(n => Path.GetFileName(n)).Order(StringComparer.Ordinal);

    /// <summary>What a server has that loads the snapshot.</summary>
    public static string DigestOfSnapshot(MemoryFiles files) => OfSnapshot(files, server => server.Digest);

    /// <summary>Something of a server that loads the snapshot.</summary>
    public static string OfSnapshot(MemoryFiles files, Func<PersistentServer, string> part)
    {
        using var server = new PersistentServer(files.AfterCrash());
        Assert.Equal("+OK", server.Do("DEBUG RELOAD NOSAVE"));
        return part(server);
    }

    public static string DigestOfPayload(byte[] payload) => Convert.ToHexString(SHA256.HashData(payload.AsSpan()[..^PayloadFooterBytes]));

    /// <summary>What a server has that starts with the append-only file.</summary>
    public static string DigestOfLog(MemoryFiles files)
    {
        using var server = new PersistentServer(files.AfterCrash(), appends: true);
        return server.Digest;
    }

    public RespClient Connect() => _server.Connect();

    public T OnEngine<T>(Func<Engine, T> action) => _server.OnEngine(action);

    /// <summary>Runs a command; its reply as text.</summary>
    public string Do(string line) => Client.Line(line).ToString();

    public string Field(string name) => Client.Line("INFO persistence").Text.Split("\r\n")
        .Single(l => l.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];

    public void Await(string field, string value) => TestClock.WaitUntil(() => Field(field) == value, $"{field}:{value}");

    public void AwaitEnd() => TestClock.WaitUntil(
        () => Field("rdb_bgsave_in_progress") == "0" && Field("aof_rewrite_in_progress") == "0", "end of the snapshot");

    /// <summary>Makes what is saved from now on take so long that a test sees it under way until it is cancelled.</summary>
    public void HoldSnapshots() => Assert.Equal("+OK", Do("CONFIG SET rdb-key-save-delay 20000000"));

    /// <summary>Ends what <see cref="HoldSnapshots"/> began.</summary>
    public void ReleaseSnapshots() => Assert.Equal("+OK", Do("CONFIG SET rdb-key-save-delay 0"));

    /// <summary>Data of every kind, large values that are saved in parts among them.</summary>
    public void Fill()
    {
        SampleData.Fill(Client);
        Assert.Equal("+OK", Do("CONFIG SET list-compress-depth 1 list-max-listpack-size 8"));
        Client.Send(["RPUSH", "list:compressed", .. Enumerable.Range(0, 400).Select(i => new string((char)('a' + i % 26), 100))]);
        Client.Send(["ZADD", "zset:huge", .. Enumerable.Range(0, 1500).SelectMany(i => new[] { $"{i % 77}", $"member:{i}" })]);
        Client.Send(["HSET", "hash:huge", .. Enumerable.Range(0, 1000).SelectMany(i => new[] { $"field:{i}", $"value:{i}" })]);
        Client.Send(["HPEXPIREAT", "hash:huge", "9999999999999", "FIELDS", "100", .. Enumerable.Range(0, 100).Select(i => $"field:{i * 3}")]);
        Client.Send("SET"u8.ToArray(), "huge"u8.ToArray(), Samples.Make("noise:9:3000000:256"));
        Client.Send("RPUSH"u8.ToArray(), "list:long"u8.ToArray(), Samples.Make("noise:8:300000:256"), Samples.Make("noise:7:300000:4"), "x"u8.ToArray());
        FillPending();
    }

    private void FillPending()
    {
        const int Entries = 3000;
        byte[] adds = [.. Enumerable.Range(1, Entries).SelectMany(i => RespClient.Request("XADD", Pending, $"{i}-1", "field", $"value:{i}"))];
        Client.WriteRaw(adds);
        for (int i = 0; i < Entries; i++) Assert.Equal($"{i + 1}-1", Client.Read().Text);
        foreach (string group in (string[])["first", "other"])
        {
            Do($"XGROUP CREATE {Pending} {group} 0");
            foreach (string consumer in (string[])["alice", "bob", "carol"])
                Assert.False(Client.Line($"XREADGROUP GROUP {group} {consumer} COUNT {Entries / 3} STREAMS {Pending} >").IsError);
        }
    }

    /// <summary>The requests of one round of changes to data of every kind.</summary>
    public static byte[] Changes(int round, out int count)
    {
        string[] lines =
        [
            $"SET short {round}", "INCR int", $"SET new:{round} x", $"APPEND noise {round}", $"SETRANGE noise {round * 5000} y", $"SETRANGE huge {round * 40000} z",
            $"APPEND huge {round}", "PERSIST expiring", $"PEXPIREAT repeated {9999999999999 - round}", $"RPUSH list:large e{round}", "LPOP list:large", "LSET list:large 100 z",
            $"LINSERT list:large BEFORE z i{round}", "LREM list:compressed 1 x", $"LPUSH list:compressed {round}", $"LSET list:compressed 200 m{round}", $"SADD set:large m{round}",
            "SPOP set:large 3", $"SADD set:ints {round * 7}", $"HSET hash:huge field:{round * 11} new", $"HDEL hash:huge field:{round * 13}",
            $"HPEXPIREAT hash:huge 9999999999998 FIELDS 1 field:{round * 17}", $"ZADD zset:huge {round} member:{round * 19}", $"ZREM zset:huge member:{round * 23}",
            $"XADD stream {1000 + round}-1 a b", $"XDEL stream {20 + round}-{(20 + round) % 3}", $"XACK stream group {round + 1}-{(round + 1) % 3}",
            "XREADGROUP GROUP group alice COUNT 1 STREAMS stream >", $"RENAME new:{round} renamed:{round}", $"MOVE renamed:{round} 3",
            $"LSET list:long {round % 2} {new string((char)('a' + round % 26), 100_000)}", "LPUSH list:long y", "LPOP list:long",
            .. PendingChanges(round),
        ];
        count = lines.Length;
        return [.. lines.SelectMany(line => RespClient.Request(line.Split(' ')))];
    }

    /// <summary>Every command that changes groups, consumers, or what is pending with them.</summary>
    private static string[] PendingChanges(int round)
    {
        int id = 1 + round * 37 % 2900;
        return
        [
            $"XACK {Pending} first {string.Join(' ', Enumerable.Range(id, 40).Select(i => $"{i}-1"))}", $"XACKDEL {Pending} first IDS 1 {id + 50}-1",
            $"XDELEX {Pending} DELREF IDS 1 {id + 60}-1", $"XCLAIM {Pending} first dave 0 {id + 70}-1 {id + 71}-1",
            $"XCLAIM {Pending} first dave 0 {3000 - id}-1 RETRYCOUNT 9 FORCE", $"XAUTOCLAIM {Pending} first erin 0 {id}-0 COUNT 30",
            $"XGROUP SETID {Pending} first {id}-0", $"XREADGROUP GROUP first carol COUNT 70 STREAMS {Pending} >",
            $"XREADGROUP GROUP first alice COUNT 10 STREAMS {Pending} {id}-0", $"XGROUP CREATECONSUMER {Pending} first new:{round}",
            $"XGROUP DELCONSUMER {Pending} first {(round % 4 == 0 ? "bob" : $"new:{round - 2}")}", $"XGROUP CREATE {Pending} new:{round} 0",
            $"XGROUP DESTROY {Pending} {(round % 5 == 2 ? "other" : $"new:{round - 1}")}", $"XADD {Pending} MAXLEN ~ 2900 {3001 + round}-1 a b",
        ];
    }

    /// <summary>Changes data until a condition holds; with which round it did not go on.</summary>
    public int ChangeUntil(Func<bool> condition, int from = 0)
    {
        int rounds = from;
        TestClock.WaitUntil(
            () =>
            {
                Client.WriteRaw(Changes(rounds++, out int count));
                for (; count > 0; count--) Assert.False(Client.Read().IsError);
                return condition();
            },
            "end of the changes");
        return rounds;
    }

    public void Dispose()
    {
        Client.Dispose();
        _server.Dispose();
    }
}
