using System.Buffers.Binary;
using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence;

/// <summary>Snapshot files: what was saved is loaded, whatever goes wrong in between is told and costs nothing.</summary>
public sealed class SnapshotFileTests
{
    private const int StatesPerCut = 8;
    private const ulong JsonModule = 0x45e25238df912c03;

    private static readonly string File = Path.Combine(Path.GetTempPath().TrimEnd('/'), "dump.rdb");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_was_saved_is_loaded(int version)
    {
        using TestServer server = NewServer(new MemoryFiles(), s => s.Persistence.RdbSaveVersion = (RdbSaveVersion)version);
        using RespClient client = server.Connect();
        SampleData.Fill(client);
        if (version == 0) Assert.Equal("[:1, :1]", client.Line("HEXPIREAT hash:large 9999999999 FIELDS 2 " + FieldsOf(client, 2)));
        string before = client.Line("DEBUG DIGEST");
        string encodings = Encodings(client);
        Assert.Equal("+OK", client.Line("DEBUG RELOAD"));
        Assert.Equal(before, client.Line("DEBUG DIGEST"));
        Assert.Equal(encodings, Encodings(client));
        if (version == 0) Assert.Equal("[:9999999999, :9999999999]", client.Line("HEXPIRETIME hash:large FIELDS 2 " + FieldsOf(client, 2)));
        Assert.InRange(client.Line("TTL expiring").Number, 99000, 100000);
        Assert.Contains("rdb_changes_since_last_save:0\r\n", client.Line("INFO persistence").Text);
    }

    [Fact]
    public void A_version_that_cannot_keep_a_value_is_refused()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        client.Line("HSET h f v");
        client.Line("HEXPIRE h 100 FIELDS 1 f");
        client.Line("CONFIG SET rdb-save-version 11");
        Assert.Equal("-ERR Can't store key 'h' (db 0) in RDB version 11", client.Line("SAVE"));
        Assert.Empty(files.Names);
        Assert.StartsWith("-ERR", client.Line("CONFIG SET rdb-save-version 12"));
    }

    [Fact]
    public void A_call_that_fails_leaves_the_old_file()
    {
        for (int call = 1; ; call++)
        {
            var files = new MemoryFiles();
            byte[] old = [1, 2, 3];
            files[File] = old;
            using TestServer server = NewServer(files);
            using RespClient client = server.Connect();
            client.Line("SET a b");
            files.FailingCall = call;
            string reply = client.Line("SAVE");
            if (reply == "+OK") return;
            Assert.Equal("-ERR", reply);
            Assert.Contains("No space left on device", server.LogLines.ToString());
            bool isRenamed = files.Calls == call && files[File].Length != old.Length;
            if (!isRenamed) Assert.Equal(old, files[File]);
            Assert.Equal([File], files.Names);
            Assert.Contains("rdb_changes_since_last_save:1\r\n", client.Line("INFO persistence").Text);
        }
    }

    /// <summary>Wherever the power goes, and whatever the disk had kept by then, the file is the old one or the new one.</summary>
    [Fact]
    public void A_power_cut_leaves_one_of_the_files()
    {
        var chance = new Random(1);
        for (int call = 1; ; call++)
        {
            var files = new MemoryFiles();
            using TestServer server = NewServer(files);
            using RespClient client = server.Connect();
            client.Line("SET a old");
            Assert.Equal("+OK", client.Line("SAVE"));
            byte[] old = files[File];
            client.Line("SET a new");
            files.FailingCall = files.Calls + call;
            files.StaysOff = true;
            bool isAcknowledged = client.Line("SAVE") == "+OK";
            for (int i = 0; i < StatesPerCut; i++)
            {
                MemoryFiles after = files.AfterPowerCut(chance);
                string value = LoadedValue(after, "a");
                Assert.True(value == "new" || (value == "old" && !isAcknowledged && after[File].SequenceEqual(old)), $"call {call}: {value}");
            }
            if (isAcknowledged) return;
        }
    }

    [Fact]
    public void A_damaged_file_never_does_more_than_being_refused()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files, static s => s.Persistence.RdbChecksum = false);
        using RespClient client = server.Connect();
        SampleData.Fill(client);
        client.Send("DEL", "noise", "repeated");
        Assert.Equal("+OK", client.Line("SAVE"));
        byte[] whole = files[File];
        string digest = client.Line("DEBUG DIGEST");
        for (int cut = 0; cut < whole.Length; cut += 997)
        {
            files[File] = whole[..cut];
            Assert.StartsWith("-ERR Error trying to load the RDB dump", client.Line("DEBUG RELOAD NOSAVE"));
        }
        Assert.Equal(digest, client.Line("DEBUG DIGEST"));
        for (int place = 0; place < whole.Length; place += 499)
        {
            byte[] damaged = [.. whole];
            damaged[place] ^= (byte)(1 << (place % 8));
            files[File] = damaged;
            RespValue reply = client.Line("DEBUG RELOAD NOSAVE");
            Assert.True(reply.IsError || reply == "+OK");
            Assert.False(client.Line("DEBUG DIGEST").IsError);
        }
        files[File] = whole;
        Assert.Equal("+OK", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Equal(digest, client.Line("DEBUG DIGEST"));
    }

    [Fact]
    public void A_flipped_bit_is_found_by_the_checksum()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        client.Line("SET key value");
        Assert.Equal("+OK", client.Line("SAVE"));
        byte[] whole = files[File];
        whole[^12] ^= 1;
        files[File] = whole;
        Assert.StartsWith("-ERR Error trying to load the RDB dump", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Contains("RDB CRC error", server.LogLines.ToString());
        Assert.Equal("value", client.Line("GET key").Text);
    }

    [Fact]
    public void Hashes_of_the_other_family_are_loaded_when_that_is_allowed()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files, static s => s.Persistence.RdbVersionCheck = RdbVersionCheck.Relaxed);
        using RespClient client = server.Connect();
        long future = server.Clock.UnixMilliseconds + 1_000_000;
        var writer = new RdbWriter();
        writer.WriteRaw("REDIS0012"u8);
        writer.WriteByte(24);
        writer.WriteString("h"u8);
        writer.WriteUInt64((ulong)future);
        writer.WriteLength(2);
        writer.WriteLength(1);
        writer.WriteString("a"u8);
        writer.WriteString("1"u8);
        writer.WriteLength(0);
        writer.WriteString("b"u8);
        writer.WriteString("2"u8);
        writer.WriteByte((byte)RdbOpcode.EndOfFile);
        writer.WriteUInt64(0);
        files[File] = writer.Written.ToArray();
        Assert.Equal("+OK", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Equal("[\"1\", \"2\"]", client.Line("HMGET h a b"));
        Assert.Equal($"[:{future}, :-1]", client.Line("HPEXPIRETIME h FIELDS 2 a b"));
        client.Line("CONFIG SET rdb-version-check strict");
        Assert.StartsWith("-ERR", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Contains("Can't handle RDB format version 12", server.LogLines.ToString());
        Assert.Equal("[\"1\", \"2\"]", client.Line("HMGET h a b"));
    }

    [Fact]
    public void A_module_value_is_refused_by_name()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        var writer = new RdbWriter();
        writer.WriteRaw("REDIS0010"u8);
        writer.WriteType(RdbType.Module2);
        writer.WriteString("json:1"u8);
        writer.WriteLength(JsonModule);
        files[File] = writer.Written.ToArray();
        Assert.StartsWith("-ERR", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Contains("(key 'json:1')", server.LogLines.ToString());
    }

    [Fact]
    public void Module_values_are_left_out_when_that_is_allowed()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        var writer = new RdbWriter();
        writer.WriteRaw("REDIS0011"u8);
        WriteModuleAux(writer);
        WriteModuleValue(writer, "json:1"u8);
        writer.WriteByte((byte)RdbOpcode.ExpiryMilliseconds);
        writer.WriteUInt64(1UL << 60);
        WriteModuleValue(writer, "json:2"u8);
        writer.WriteType(RdbType.String);
        writer.WriteString("plain"u8);
        writer.WriteString("value"u8);
        WriteModuleAux(writer);
        writer.WriteByte((byte)RdbOpcode.EndOfFile);
        writer.WriteUInt64(0);
        files[File] = writer.Written.ToArray();
        Assert.StartsWith("-ERR", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Equal("+OK", client.Line("CONFIG SET rdb-skip-module-keys yes"));
        Assert.Equal("+OK", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Equal("[\"plain\"]", client.Line("KEYS *"));
        Assert.Equal(":-1", client.Line("TTL plain"));
        string log = server.LogLines.ToString();
        Assert.Contains("Skipping key 'json:2' in DB 0 of module type 'ReJSON-RL'", log);
        Assert.Contains("Keys of module type 'ReJSON-RL' skipped as rdb-skip-module-keys allows: 2.", log);
        files[File] = files[File][..^20];
        Assert.StartsWith("-ERR", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Equal("[\"plain\"]", client.Line("KEYS *"));
    }

    private static void WriteModuleValue(RdbWriter writer, ReadOnlySpan<byte> key)
    {
        writer.WriteType(RdbType.Module2);
        writer.WriteString(key);
        writer.WriteLength(JsonModule);
        WriteParts(writer);
    }

    private static void WriteModuleAux(RdbWriter writer)
    {
        writer.WriteByte((byte)RdbOpcode.ModuleAux);
        writer.WriteLength(JsonModule);
        writer.WriteLength(2);
        writer.WriteLength(1);
        WriteParts(writer);
    }

    /// <summary>Something of everything that a module's data may consist of.</summary>
    private static void WriteParts(RdbWriter writer)
    {
        foreach (ulong integer in (ulong[])[1, ulong.MaxValue, 2, 7]) writer.WriteLength(integer);
        writer.WriteLength(3);
        writer.WriteRaw([1, 2, 3, 4]);
        writer.WriteLength(4);
        writer.WriteUInt64(5);
        writer.WriteLength(5);
        writer.WriteString(new byte[300]);
        writer.WriteLength(0);
    }

    [Fact]
    public void Functions_are_kept()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        var writer = new RdbWriter();
        writer.WriteRaw("VALKEY080"u8);
        writer.WriteByte((byte)RdbOpcode.Function2);
        writer.WriteString("#!lua name=x"u8);
        writer.WriteByte((byte)RdbOpcode.EndOfFile);
        writer.WriteUInt64(0);
        files[File] = writer.Written.ToArray();
        Assert.Equal("+OK", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Equal("+OK", client.Line("SAVE"));
        Assert.True(files[File].AsSpan().IndexOf("#!lua name=x"u8) > 0);
    }

    [Fact]
    public void Expired_keys_stay_away_and_are_counted()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        client.Line("DEBUG SET-ACTIVE-EXPIRE 0");
        client.Line("SET soon x PX 1000");
        client.Line("SET later x");
        Assert.Equal("+OK", client.Line("SAVE"));
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("+OK", client.Line("DEBUG RELOAD NOSAVE"));
        string info = client.Line("INFO persistence").Text;
        Assert.Contains("rdb_last_load_keys_expired:1\r\n", info);
        Assert.Contains("rdb_last_load_keys_loaded:1\r\n", info);
    }

    /// <summary>Keys are attached some at a time; what is told of a file must not depend on that.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(20, true)]
    [InlineData(100, false)]
    [InlineData(100, true)]
    public void A_key_that_comes_twice_is_told_before_anything_behind_it(int keys, bool isCut)
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        client.Line("SET kept 1");
        RdbWriter writer = Strings(keys, announced: keys);
        WriteString(writer, "key:1");
        if (!isCut)
        {
            writer.WriteByte((byte)RdbOpcode.EndOfFile);
            writer.WriteUInt64(1);
        }
        files[File] = writer.Written.ToArray();
        Assert.StartsWith("-ERR Error trying to load the RDB dump", client.Line("DEBUG RELOAD NOSAVE"));
        string log = server.LogLines.ToString()!;
        Assert.Contains("RDB has duplicated key 'key:1' in DB 0", log);
        Assert.DoesNotContain("Short read", log);
        Assert.DoesNotContain("Wrong RDB checksum", log);
        Assert.Equal("[\"kept\"]", client.Line("KEYS *"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(long.MaxValue)]
    public void A_number_of_keys_is_a_hint(long announced)
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        RdbWriter writer = Strings(1000, announced);
        writer.WriteByte((byte)RdbOpcode.EndOfFile);
        writer.WriteUInt64(0);
        files[File] = writer.Written.ToArray();
        long before = UsedMemory(client);
        Assert.Equal("+OK", client.Line("DEBUG RELOAD NOSAVE"));
        Assert.Equal(1000, client.Line("DBSIZE").Number);
        Assert.Equal("999", client.Line("GET key:999").Text);
        Assert.InRange(UsedMemory(client) - before, 1000, 1000 * 100);
    }

    [Fact]
    public void The_header_is_that_of_the_version()
    {
        var files = new MemoryFiles();
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        foreach ((string version, string header) in (ReadOnlySpan<(string, string)>)[("80", "VALKEY080"), ("11", "REDIS0011"), ("10", "REDIS0010")])
        {
            client.Line("CONFIG SET rdb-save-version " + version);
            Assert.Equal("+OK", client.Line("SAVE"));
            byte[] file = files[File];
            Assert.Equal(header, System.Text.Encoding.ASCII.GetString(file, 0, 9));
            Assert.Equal(Crc64.Compute(file.AsSpan(0, file.Length - 8)), BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(file.Length - 8)));
        }
    }

    /// <summary>A file without its end.</summary>
    private static RdbWriter Strings(int count, long announced)
    {
        var writer = new RdbWriter();
        writer.WriteRaw("VALKEY080"u8);
        writer.WriteByte((byte)RdbOpcode.SelectDatabase);
        writer.WriteLength(0);
        writer.WriteByte((byte)RdbOpcode.ResizeDatabase);
        writer.WriteLength((ulong)announced);
        writer.WriteLength((ulong)announced);
        for (int i = 0; i < count; i++) WriteString(writer, $"key:{i}");
        return writer;
    }

    private static void WriteString(RdbWriter writer, string key)
    {
        writer.WriteType(RdbType.String);
        writer.WriteString(System.Text.Encoding.ASCII.GetBytes(key));
        writer.WriteString(System.Text.Encoding.ASCII.GetBytes(key[4..]));
    }

    private static long UsedMemory(RespClient client)
    {
        string line = client.Line("INFO memory").Text.Split("\r\n").First(static l => l.StartsWith("used_memory:", StringComparison.Ordinal));
        return long.Parse(line["used_memory:".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static TestServer NewServer(MemoryFiles files, Action<EngineSettings>? configure = null) => new(
        s =>
        {
            s.Security.EnableDebugCommand = ProtectedAction.Yes;
            s.Persistence.Directory = Path.GetDirectoryName(File)!;
            configure?.Invoke(s);
        },
        files: files);

    private static string LoadedValue(MemoryFiles files, string key)
    {
        using TestServer server = NewServer(files);
        using RespClient client = server.Connect();
        Assert.Equal("+OK", client.Line("DEBUG RELOAD NOSAVE"));
        return client.Line("GET " + key).Text;
    }

    private static string Encodings(RespClient client)
    {
        RespValue keys = client.Line("KEYS *");
        return string.Join(' ', keys.Items.Select(k => k.Text).Order(StringComparer.Ordinal).Select(k => $"{k}={client.Send("OBJECT", "ENCODING", k)}"));
    }

    private static string FieldsOf(RespClient client, int count) =>
        string.Join(' ', client.Line("HKEYS hash:large").Items.Select(f => f.Text).Order(StringComparer.Ordinal).Take(count));
}
