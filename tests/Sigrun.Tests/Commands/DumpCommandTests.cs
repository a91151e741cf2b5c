using System.Globalization;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Tests.Harness;
using Sigrun.Tests.Persistence;

namespace Sigrun.Tests.Commands;

public sealed class DumpCommandTests : IDisposable
{
    /// <summary>The payload of "bar".</summary>
    private static readonly byte[] Bar = Payload("000362 6172", RdbFormat.Version);

    private readonly TestServer _server = new(checking: true);
    private readonly RespClient _client;

    public DumpCommandTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Dump_of_a_key_that_is_not_there() => Assert.Equal("nil", _client.Line("DUMP nokey"));

    [Theory]
    [InlineData(nameof(SanitizeDumpPayload.No), false, 0)]
    [InlineData(nameof(SanitizeDumpPayload.Yes), true, 2)]
    [InlineData(nameof(SanitizeDumpPayload.Clients), false, 2)]
    [InlineData(nameof(SanitizeDumpPayload.Clients), true, 0)]
    public void Compact_forms_count_that_are_to_be_checked(string setting, bool isTrusted, int count)
    {
        _server.OnEngine(engine => engine.Settings.Persistence.SanitizeDumpPayload = Enum.Parse<SanitizeDumpPayload>(setting));
        if (isTrusted) _client.Line("ACL SETUSER default skip-sanitize-payload");
        _client.Line("HSET h a 1 b 2");
        _client.Line("SADD s 1 2 3");
        _client.Line("SET k bar");
        foreach (string key in (string[])["h", "s", "k"]) Assert.Equal("+OK", Restore(key + "2", "0", _client.Send("DUMP", key).Bytes));
        Assert.Contains($"\r\ndump_payload_sanitizations:{count}\r\n", _client.Send("INFO", "stats").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_round_trip_keeps_value_and_nothing_else()
    {
        _client.Line("SET k bar EX 100");
        byte[] payload = _client.Line("DUMP k").Bytes;
        Assert.Equal(Bar, payload);
        Assert.Equal("+OK", Restore("copy", "0", payload));
        Assert.Equal("\"bar\"", _client.Line("GET copy"));
        Assert.Equal(":-1", _client.Line("PTTL copy"));
    }

    [Theory]
    [InlineData(512 * 1024, 256)]
    [InlineData(512 * 1024 + 1, 3)]
    [InlineData(1024 * 1024, 20)]
    [InlineData(2 * 1024 * 1024, 4)]
    public void Large_values(int length, int alphabet)
    {
        byte[] value = Samples.Noise(77, length, alphabet);
        _client.Send("SET"u8.ToArray(), "k"u8.ToArray(), value);
        byte[] payload = _client.Line("DUMP k").Bytes;
        Assert.True(alphabet == 256 ? payload.Length > length : payload.Length < length * 9 / 10);
        Assert.Equal("+OK", Restore("copy", "0", payload));
        Assert.True(value.AsSpan().SequenceEqual(_client.Line("GET copy").Bytes));
    }

    [Fact]
    public void The_time_to_live_is_relative_unless_said_otherwise()
    {
        Assert.Equal("+OK", Restore("k", "5000", Bar));
        Assert.InRange(_client.Line("PTTL k").Number, 1, 5000);
        long at = _server.Clock.UnixMilliseconds + 100_000;
        Assert.Equal("+OK", Restore("k", at.ToString(CultureInfo.InvariantCulture), Bar, "absttl", "replace"));
        Assert.Equal($":{at}", _client.Line("PEXPIRETIME k"));
        Assert.Equal("+OK", Restore("k", "9223372036854775807", Bar, "REPLACE"));
        // Too far away to be told: Valkey takes it for a time that has passed.
        Assert.Equal(":-2", _client.Line("PEXPIRETIME k"));
    }

    [Theory]
    [InlineData("k 0", "-BUSYKEY Target key name already exists.")]
    [InlineData("k x", "-BUSYKEY Target key name already exists.")]
    [InlineData("k 0 other", "-ERR syntax error")]
    [InlineData("n 0 IDLETIME", "-ERR syntax error")]
    [InlineData("n 0 FREQ", "-ERR syntax error")]
    [InlineData("n 0 FREQ 1 IDLETIME 1", "-ERR syntax error")]
    [InlineData("n 0 IDLETIME 1 FREQ 1", "-ERR syntax error")]
    [InlineData("n 0 IDLETIME x", "-ERR value is not an integer or out of range")]
    [InlineData("n 0 IDLETIME -1", "-ERR Invalid IDLETIME value, must be >= 0")]
    [InlineData("n 0 FREQ x", "-ERR value is not an integer or out of range")]
    [InlineData("n 0 FREQ -1", "-ERR Invalid FREQ value, must be >= 0 and <= 255")]
    [InlineData("n 0 FREQ 256", "-ERR Invalid FREQ value, must be >= 0 and <= 255")]
    [InlineData("n x", "-ERR value is not an integer or out of range")]
    [InlineData("n -1", "-ERR Invalid TTL value, must be >= 0")]
    [InlineData("n 0", "-ERR DUMP payload version or checksum are wrong")]
    [InlineData("k 0 REPLACE", "-ERR DUMP payload version or checksum are wrong")]
    public void Errors_come_in_order_of_the_checks(string arguments, string error)
    {
        _client.Line("SET k old");
        string[] words = arguments.Split(' ');
        Assert.Equal(error, Restore(words[0], words[1], "not a payload"u8.ToArray(), words[2..]));
        Assert.Equal("\"old\"", _client.Line("GET k"));
        Assert.Equal("nil", _client.Line("GET n"));
    }

    [Theory]
    [InlineData("", 80, "-ERR Bad data format")] // no type
    [InlineData("00", 80, "-ERR Bad data format")] // no value
    [InlineData("0005626172", 80, "-ERR Bad data format")]
    [InlineData("0803626172", 80, "-ERR Bad data format")] // no such type
    [InlineData("ff03626172", 80, "-ERR Bad data format")]
    [InlineData("0003626172", 0, "-ERR DUMP payload version or checksum are wrong")]
    [InlineData("0003626172", 1, "+OK")]
    [InlineData("0003626172", 11, "+OK")]
    [InlineData("0003626172", 12, "-ERR DUMP payload version or checksum are wrong")]
    [InlineData("0003626172", 79, "-ERR DUMP payload version or checksum are wrong")]
    [InlineData("0003626172", 80, "+OK")]
    [InlineData("0003626172", 81, "-ERR DUMP payload version or checksum are wrong")]
    public void Versions_and_forms(string value, int version, string reply) =>
        Assert.Equal(reply, Restore("k", "0", Payload(value, version)));

    [Theory]
    [InlineData("0003626172", 0, "-ERR DUMP payload version or checksum are wrong")]
    [InlineData("0003626172", 12, "+OK")]
    [InlineData("0003626172", 222, "+OK")]
    [InlineData("1603626172", 12, "-ERR Bad data format")] // what is left of a hash
    [InlineData("1c03626172", 79, "-ERR Unsupported foreign data type: 28")]
    [InlineData("1703626172", 80, "-ERR Bad data format")] // that type is the other family's
    public void Versions_when_the_check_is_relaxed(string value, int version, string reply)
    {
        _server.OnEngine(engine => engine.Settings.Persistence.RdbVersionCheck = RdbVersionCheck.Relaxed);
        Assert.Equal(reply, Restore("k", "0", Payload(value, version)));
    }

    [Fact]
    public void A_wrong_checksum_is_refused_unless_it_is_taken_for_granted()
    {
        byte[] payload = [.. Bar];
        payload[^1] ^= 1;
        Assert.Equal("-ERR DUMP payload version or checksum are wrong", Restore("k", "0", payload));
        _server.OnEngine(engine => engine.Dumps.SkipsChecksum = true);
        Assert.Equal("+OK", Restore("k", "0", payload));
    }

    [Fact]
    public void Idle_time_counts_while_times_are_kept()
    {
        Restore("k", "0", Bar, "IDLETIME", "1000");
        Assert.InRange(_client.Line("OBJECT IDLETIME k").Number, 1000, 1010);
        Restore("k", "0", Bar, "FREQ", "100", "REPLACE");
        Assert.InRange(_client.Line("OBJECT IDLETIME k").Number, 0, 10);
    }

    [Fact]
    public void Frequency_counts_while_frequencies_are_kept()
    {
        _server.OnEngine(engine =>
        {
            engine.Settings.Memory.Policy = MaxMemoryPolicy.AllKeysLfu;
            engine.Settings.Memory.LfuDecayMinutes = 0;
            engine.ApplySettings();
            return true;
        });
        Restore("k", "0", Bar, "FREQ", "100");
        Assert.Equal(":100", _client.Line("OBJECT FREQ k"));
        Restore("k", "0", Bar, "IDLETIME", "1000", "REPLACE");
        Assert.Equal(":5", _client.Line("OBJECT FREQ k")); // as any new key
    }

    [Fact]
    public void What_follows_a_restore()
    {
        Recorder recorder = Recorder.Of(_server);
        string bar = Encoding.Latin1.GetString(Bar);
        Restore("k", "0", Bar);
        Assert.Equal(["written k", "event new k", "event restore k", $"effect RESTORE k 0 {bar}"], recorder.Take());
        Restore("k", "0", Bar, "REPLACE");
        Assert.Equal(["written k", "event new k", "event restore k", $"effect RESTORE k 0 {bar} REPLACE"], recorder.Take());
        Restore("k", "100000", Bar, "REPLACE");
        string at = _client.Line("PEXPIRETIME k").Text;
        Assert.Equal(["written k", "event new k", "event restore k", $"effect RESTORE k {at} {bar} REPLACE ABSTTL"], recorder.Take());
        Restore("k", at, Bar, "ABSTTL", "REPLACE");
        Assert.Equal(["written k", "event new k", "event restore k", $"effect RESTORE k {at} {bar} ABSTTL REPLACE"], recorder.Take());
        Restore("k", "0", Bar);
        Restore("k", "0", [1, 2, 3], "REPLACE");
        Assert.Empty(recorder.Take());
    }

    [Theory]
    [InlineData("020201610161", "Duplicate set members detected")]
    [InlineData("0402016101620161" + "0163", "Hash with dup elements")]
    [InlineData("0d1717000000130000000400000166030131030166030132ff", "Hash ziplist integrity check failed.")]
    [InlineData("0902" + "00ff", "Zipmap integrity check failed.")]
    [InlineData("05020161000000000000f03f01610000000000000040", "Duplicate zset fields detected")]
    [InlineData("0c151500000012000000040000016103f202016103f3ff", "Zset ziplist integrity check failed.")]
    [InlineData("0501016100000000" + "0000f87f", "Zset with NAN score detected")]
    public void The_log_says_what_is_wrong_with_a_payload(string value, string fault)
    {
        _server.OnEngine(engine => engine.Settings.Observability.LogLevel = LogLevel.Verbose);
        Assert.Equal("-ERR Bad data format", Restore("k", "0", Payload(value, RdbFormat.Version)));
        Assert.Contains("-> " + fault, _server.LogLines.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Restore_asking_is_a_restore()
    {
        Recorder recorder = Recorder.Of(_server);
        Assert.Equal("+OK", Send("RESTORE-ASKING", "k", "0", Bar));
        Assert.Equal(["written k", "event new k", "event restore k", $"effect RESTORE-ASKING k 0 {Encoding.Latin1.GetString(Bar)}"], recorder.Take());
        Assert.Equal("-BUSYKEY Target key name already exists.", Send("RESTORE-ASKING", "k", "0", Bar));
        Assert.Equal("+OK", Send("RESTORE-ASKING", "k", "0", Bar, "REPLACE"));
        Assert.Equal("\"bar\"", _client.Line("GET k"));
    }

    [Theory]
    [InlineData(false, "DEL")]
    [InlineData(true, "UNLINK")]
    public void A_value_that_has_expired_only_removes_what_it_replaces(bool lazy, string effect)
    {
        _server.OnEngine(engine => engine.Settings.Memory.LazyFreeServerDelete = lazy);
        _client.Line("SET k old");
        Recorder recorder = Recorder.Of(_server);
        Assert.Equal("+OK", Restore("n", "1", Bar, "ABSTTL"));
        Assert.Equal("+OK", Restore("n", "1", Bar, "ABSTTL", "REPLACE"));
        Assert.Empty(recorder.Take());
        Assert.Equal("+OK", Restore("k", "1", Bar, "ABSTTL", "REPLACE"));
        Assert.Equal(["written k", "event del k", $"effect {effect} k"], recorder.Take());
        Assert.Equal(":0", _client.Line("EXISTS k n"));
    }

    [Fact]
    public void An_expired_key_is_in_nobodys_way()
    {
        _server.OnEngine(engine => engine.Expiry.IsEnabled = false);
        _client.Line("SET k old PX 10");
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        Recorder recorder = Recorder.Of(_server);
        Assert.Equal("+OK", Restore("k", "0", Bar, "REPLACE"));
        Assert.Equal(["written k", "event new k", "event restore k"], recorder.Take()[..3]);
        _client.Line("SET k old PX 10");
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        recorder.Take();
        Assert.Equal("+OK", Restore("k", "0", Bar));
        string[] lines = recorder.Take();
        Assert.Equal(["written k", "event expired k"], lines[..2]);
        Assert.StartsWith("UNLINK k, RESTORE k", Recorder.Join(lines, "effect "), StringComparison.Ordinal);
    }

    private RespValue Restore(string key, string ttl, byte[] payload, params string[] options) => Send("RESTORE", key, ttl, payload, options);

    private RespValue Send(string name, string key, string ttl, byte[] payload, params string[] options) => _client.Send(
        [.. ((string[])[name, key, ttl]).Select(Encoding.Latin1.GetBytes), payload, .. options.Select(Encoding.Latin1.GetBytes)]);

    /// <summary>A value in the format with a version and the right checksum behind it.</summary>
    private static byte[] Payload(string value, int version)
    {
        byte[] bytes = [.. Convert.FromHexString(value.Replace(" ", "")), (byte)version, (byte)(version >> 8)];
        return [.. bytes, .. BitConverter.GetBytes(Crc64.Compute(bytes))];
    }
}
