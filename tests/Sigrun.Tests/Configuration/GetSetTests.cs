using Sigrun.Configuration;

namespace Sigrun.Tests.Configuration;

public class GetSetTests
{
    private readonly ServerConfiguration _configuration = new("/data");

    /// <summary>What Redis 8.8 lists and the reference server does not.</summary>
    private static readonly string[] RedisOnly =
    [
        "aof-load-corrupt-tail-max-size", "array-slice-size", "array-sparse-kmax", "array-sparse-kmin",
        "cluster-compatibility-sample-ratio", "cluster-slot-migration-handoff-max-lag-bytes",
        "cluster-slot-migration-write-pause-timeout", "dynamic-hz", "key-memory-histograms", "lookahead",
        "replica-full-sync-buffer-limit", "slowlog-entry-max-argc", "slowlog-entry-max-string-len", "stream-idmp-duration",
        "stream-idmp-maxsize",
    ];

    /// <summary>What no other server has.</summary>
    private static readonly string[] OursOnly = ["rdb-save-version", "rdb-skip-module-keys", "transport"];

    public static TheoryData<string> Names()
    {
        TheoryData<string> names = [];
        foreach (Directive directive in new ServerConfiguration("/").Directives)
            names.Add(directive.Name);
        return names;
    }

    [Fact]
    public void EveryDirectiveIsThere() => Assert.Equal(270, _configuration.Directives.Count);

    [Fact]
    public void DefaultsAreThoseOfTheReferenceServer()
    {
        Dictionary<string, string> reference = ReferenceDefaults();
        Dictionary<string, string> ours = new(_configuration.Get(["*"]));
        foreach ((string name, string value) in reference)
            Assert.Equal((name, value), (name, ours.GetValueOrDefault(name, "absent")));

        // Those of a module are not there unless it is loaded.
        string[] more = [.. ours.Keys.Except(reference.Keys).Where(static name => !name.StartsWith("ldap.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal([.. RedisOnly.Concat(OursOnly).Order(StringComparer.Ordinal)], more);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ADirectiveTakesItsOwnValue(string name)
    {
        ServerConfiguration configuration = new("/");
        Directive directive = configuration.Find(name)!;
        string value = directive.Get(configuration.Settings);
        string? error = configuration.Set([name, value], protectedAllowed: true, loading: false);
        if (directive.Is(DirectiveFlags.Immutable))
            Assert.Equal($"ERR CONFIG SET failed (possibly related to argument '{name}') - can't set immutable config", error);
        else if (name == "rdma-bind")
            Assert.EndsWith("No RDMA building support.", error, StringComparison.Ordinal);
        else
            Assert.Null(error);
        Assert.Equal(value, directive.Get(configuration.Settings));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ADirectiveIsLoadedWithItsOwnValue(string name)
    {
        ServerConfiguration configuration = new("/");
        string value = configuration.Find(name)!.Get(configuration.Settings);
        if (name == "replicaof")
            value = "no one";
        configuration.LoadText($"{name} \"{value}\"");
        Assert.DoesNotContain(configuration.Notes(), note => !note.Contains("snapshot", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(new[] { "maxmemory" }, new[] { "maxmemory" })]
    [InlineData(new[] { "MaxMemory", "maxmemory" }, new[] { "MaxMemory" })]
    [InlineData(new[] { "hash-max-zip*" }, new[] { "hash-max-ziplist-entries", "hash-max-ziplist-value" })]
    [InlineData(new[] { "hash-max-listpack-entries", "hash-max-ziplist-entries" }, new[] { "hash-max-listpack-entries", "hash-max-ziplist-entries" })]
    [InlineData(new[] { "hz", "maxmemory", "maxmemory-c*", "*of" }, new[] { "hz", "maxmemory", "maxmemory-clients", "replicaof", "slaveof" })]
    [InlineData(new[] { "key-load-d*" }, new string[0])]
    [InlineData(new[] { "key-load-delay" }, new[] { "key-load-delay" })]
    [InlineData(new[] { "nothing" }, new string[0])]
    public void GetFindsNamesAndAliasesInOrder(string[] patterns, string[] expected) =>
        Assert.Equal(expected, _configuration.Get(patterns).Select(pair => pair.Key));

    [Theory]
    [InlineData("rdma-bind", "", "ERR CONFIG SET failed (possibly related to argument 'rdma-bind') - No RDMA building support.")]
    [InlineData("rdma-port", "1", "ERR CONFIG SET failed (possibly related to argument 'rdma-port') - No RDMA building support.")]
    [InlineData("foo", "1", "ERR Unknown option or number of arguments for CONFIG SET - 'foo'")]
    [InlineData("daemonize", "yes", "ERR CONFIG SET failed (possibly related to argument 'daemonize') - can't set immutable config")]
    [InlineData("SLAVEOF", "no one", "ERR CONFIG SET failed (possibly related to argument 'SLAVEOF') - can't set immutable config")]
    [InlineData("dbfilename", "x", "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config")]
    [InlineData("SLAVE-priority", "x", "ERR CONFIG SET failed (possibly related to argument 'slave-priority') - argument couldn't be parsed into an integer")]
    [InlineData("save", "900  1", "ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters")]
    public void SetSaysWhatIsWrong(string name, string value, string expected) =>
        Assert.Equal(expected, _configuration.Set([name, value], protectedAllowed: false, loading: false));

    [Fact]
    public void SetRefusesTheSameNameTwiceButTakesItsAlias()
    {
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter",
            _configuration.Set(["timeout", "1", "TIMEOUT", "2"], false, false));
        Assert.Null(_configuration.Set(["slave-priority", "1", "replica-priority", "2"], false, false));
        Assert.Equal(2, _configuration.Settings.Replication.ReplicaPriority);
    }

    [Fact]
    public void SomeAreRefusedWhileLoading()
    {
        Assert.Equal("LOADING Valkey is loading the dataset in memory", _configuration.Set(["dir", "/tmp"], true, loading: true));
        _configuration.Settings.Types.ExtendedRedisCompatibility = true;
        Assert.Equal("LOADING Redis is loading the dataset in memory", _configuration.Set(["dir", "/tmp"], true, loading: true));
        Assert.Null(_configuration.Set(["loglevel", "debug"], true, loading: true));
    }

    [Fact]
    public void AFailureLeavesEverythingAsItWas()
    {
        string? error = _configuration.Set(["timeout", "7", "save", "1 1", "bind", "::1", "hz", "x", "port", "1"], false, false);
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer", error);
        Assert.Equal([new("bind", "* -::*"), new("hz", "10"), new("port", "6379"), new("save", "3600 1 300 100 60 10000"), new("timeout", "0")],
            _configuration.Get(["timeout", "save", "bind", "hz", "port"]));
    }

    [Fact]
    public void AFailedApplyUndoesAndAppliesAgain()
    {
        List<string> calls = [];
        List<string> log = [];
        _configuration.Log = (level, line) => log.Add($"{level} {line}");
        _configuration.OnApply(() => Record(calls, $"clients {_configuration.Settings.Network.MaxClients}"), "maxclients");
        _configuration.OnApply(() => Record(calls, $"port {_configuration.Settings.Network.Port}")
            ?? (_configuration.Settings.Network.Port == 1 ? "Unable to listen on this port." : null), "port");
        _configuration.OnApply(() => Record(calls, "never"), "hz");
        string? error = _configuration.Set(["maxclients", "5", "port", "1", "hz", "20"], false, false);
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port.", error);
        Assert.Equal(["clients 5", "port 1", "clients 10000", "port 6379"], calls);
        Assert.Equal(["Warning Failed applying new configuration. Possibly related to new port setting. Restoring previous settings."], log);
        Assert.Equal((10000u, 6379, 10), (_configuration.Settings.Network.MaxClients, _configuration.Settings.Network.Port, _configuration.Settings.Process.Hz));
    }

    [Fact]
    public void OneCallbackOfSeveralDirectivesIsCalledOnceAndOnlyForAChange()
    {
        List<string> calls = [];
        _configuration.OnApply(() => Record(calls, "applied"), "lfu-log-factor", "lfu-decay-time");
        Assert.Null(_configuration.Set(["lfu-log-factor", "10", "lfu-decay-time", "1"], false, false));
        Assert.Empty(calls);
        Assert.Null(_configuration.Set(["lfu-log-factor", "11", "lfu-decay-time", "2"], false, false));
        Assert.Single(calls);
    }

    [Fact]
    public void WhatHasNoEffectIsLogged()
    {
        List<string> log = [];
        _configuration.Log = (level, line) => log.Add($"{level} {line}");
        Assert.Null(_configuration.Set(["repl-timeout", "5", "oom-score-adj-values", "3 2 1", "timeout", "4"], false, false));
        Assert.Equal(
            [
                "Warning The oom-score-adj-values configuration may not work for non-privileged processes! Please consult the documentation.",
                "Notice The directive 'repl-timeout' is accepted but has no effect in this version.",
            ], log);
    }

    [Fact]
    public void TwoConfigurationsShareNothing()
    {
        ServerConfiguration other = new("/other");
        Assert.Null(_configuration.Set(["timeout", "9", "save", "", "notify-keyspace-events", "KA"], false, false));
        Assert.Equal("0", Assert.Single(other.Get(["timeout"])).Value);
        Assert.Equal("3600 1 300 100 60 10000", Assert.Single(other.Get(["save"])).Value);
        Assert.Equal("/other", Assert.Single(other.Get(["dir"])).Value);
    }

    [Fact]
    public void PasswordsAreSensitive()
    {
        Assert.True(_configuration.IsSensitive("masterauth"));
        Assert.True(_configuration.IsSensitive("requirepass"));
        Assert.False(_configuration.IsSensitive("port"));
        Assert.False(_configuration.IsSensitive("unknown"));
    }

    private static string? Record(List<string> calls, string call)
    {
        calls.Add(call);
        return null;
    }

    /// <summary>Names and values of CONFIG GET * of the reference server, started with its data in /data.</summary>
    private static Dictionary<string, string> ReferenceDefaults()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Configuration", "reference-defaults.txt"));
        Dictionary<string, string> values = [];
        foreach (string line in lines)
        {
            int space = line.IndexOf(' ');
            values.Add(space < 0 ? line : line[..space], space < 0 ? "" : line[(space + 1)..]);
        }

        return values;
    }
}
