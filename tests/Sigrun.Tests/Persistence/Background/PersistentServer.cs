using Sigrun.Configuration;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.Background;

/// <summary>A server whose files are in memory, with one client; and what it tells of its snapshots.</summary>
internal sealed class PersistentServer : IDisposable
{
    public const string Snapshot = "/data/dump.rdb";

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

    /// <summary>The names of all files without their directories.</summary>
    public IEnumerable<string> FileNames => Files.Names.Select(n => Path.GetFileName(n)).Order(StringComparer.Ordinal);

    /// <summary>What a server has that loads the snapshot.</summary>
    public static string DigestOfSnapshot(MemoryFiles files)
    {
        using var server = new PersistentServer(files.AfterCrash());
        Assert.Equal("+OK", server.Do("DEBUG RELOAD NOSAVE"));
        return server.Digest;
    }

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
        ];
        count = lines.Length;
        return [.. lines.SelectMany(line => RespClient.Request(line.Split(' ')))];
    }

    /// <summary>Changes data until a condition holds; how many rounds that took.</summary>
    public int ChangeUntil(Func<bool> condition)
    {
        int rounds = 0;
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
