using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Sigrun.CheckAof;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>The tool that checks append-only files says and does to the byte what that of redis-server does.</summary>
public sealed partial class CheckAofTests
{
    private const int Rounds = 150;

    private static readonly string[] Timestamps = ["999", "1002", "1005", "1500", "0", "x", "12x", "", "-5", " 1003", "+1003"];

    [Fact]
    public void DamagedFilesAreToldApart()
    {
        using var directory = new TestDirectory();
        for (int seed = 1; seed <= Rounds; seed++)
        {
            var chance = new Random(seed);
            Dictionary<string, byte[]> files = chance.Next(3) == 0 ? Single(chance) : Parts(chance);
            string[] arguments = [.. Options(chance), Path.Combine(directory.Path, files.ContainsKey("manifest") ? "manifest" : "file")];
            string answer = ((string[])["y\n", "Y\n", "n\n", "", "\n", "yes\n"])[chance.Next(6)];
            Restore(directory.Path, files);
            (int Code, string Text) ours = Ours(arguments, answer);
            string[] kept = Contents(directory.Path);
            Restore(directory.Path, files);
            (int Code, string Text) theirs = Theirs(arguments, answer);
            Assert.True(ours == theirs, $"Round {seed}, {string.Join(' ', arguments)}: {ours.Code}\n{ours.Text}\n--- of redis-check-aof: {theirs.Code}\n{theirs.Text}");
            Assert.Equal(Contents(directory.Path), kept);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatRedisWroteIsSound(bool isSnapshot)
    {
        using ServerProcess redis = ServerProcess.Start(
            "redis-server", "--save", "", "--appendonly", "yes", "--aof-use-rdb-preamble", isSnapshot ? "yes" : "no", "--enable-debug-command", "yes");
        using (RespClient client = redis.Connect())
        {
            SampleData.Fill(client);
            client.Send("BGREWRITEAOF");
            TestClock.WaitUntil(() => !client.Line("INFO persistence").Text.Contains("aof_last_rewrite_time_sec:-1", StringComparison.Ordinal), "rewriting");
            foreach (string line in (string[])["MULTI", "RPUSH list:small z", "INCR counter", "EXEC", "SET late x"]) client.Line(line);
        }
        redis.Terminate();
        string parts = Path.Combine(redis.Directory, "appendonlydir");
        Agree(Path.Combine(parts, "appendonly.aof.manifest"));
        string start = Directory.GetFiles(parts, "*.2.base.*").Single();
        byte[] rest = File.ReadAllBytes(Directory.GetFiles(parts, "*.2.incr.aof").Single());
        string joined = Path.Combine(redis.Directory, "appendonly.aof");
        File.WriteAllBytes(joined, [.. File.ReadAllBytes(start), .. rest]);
        Agree(joined);
        File.WriteAllBytes(joined, [.. File.ReadAllBytes(start), .. rest[..^5]]);
        Agree(joined, expected: 1);
        Assert.Equal(0, Ours(["--fix", joined], "y\n").Code);
        Agree(joined);
    }

    /// <summary>Snapshots of Valkey begin with another word, which its own tool does not know.</summary>
    [Fact]
    public void OurOwnBasesAreSound()
    {
        using var directory = new TestDirectory();
        using var source = new TestServer();
        using (RespClient client = source.Connect()) client.Line("SET a b");
        string path = Path.Combine(directory.Path, "appendonly.aof");
        File.WriteAllBytes(path, [.. AofBaseTests.Write(source, isSnapshot: true), .. Command("SET", "c", "d")]);
        (int code, string text) = Ours([path], "");
        Assert.Equal(0, code);
        Assert.Contains("RDB preamble is OK, proceeding with AOF tail...\n", text);
        Assert.EndsWith($"AOF {path} is valid\n", text);
    }

    private static void Agree(string path, int expected = 0)
    {
        (int Code, string Text) ours = Ours([path], "");
        Assert.Equal(expected, ours.Code);
        Assert.Equal(Shortened(Theirs([path], "").Text, path), Shortened(ours.Text, path));
    }

    /// <summary>Older versions do not count functions, tell no code, and call a part with a snapshot by its name, not by its path.</summary>
    private static string Shortened(string text, string path)
    {
        IEnumerable<string> lines = text.Replace($"RDB file {Path.GetDirectoryName(path)}/", "RDB file ", StringComparison.Ordinal).Split('\n');
        return string.Join('\n', lines.Where(line => line != "[info] 0 functions" && !line.Contains("Check RDB returned", StringComparison.Ordinal)));
    }

    private static (int Code, string Text) Ours(string[] arguments, string answer)
    {
        var output = new StringWriter();
        try
        {
            return (new AofCheck(output, new StringReader(answer)).Run("check-aof", arguments), Canonical(output.ToString()));
        }
        catch (CheckFailedException failure)
        {
            return (1, Canonical(output + failure.Message));
        }
    }

    private static (int Code, string Text) Theirs(string[] arguments, string answer)
    {
        var start = new ProcessStartInfo("redis-check-aof", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        using Process process = Process.Start(start)!;
        try
        {
            process.StandardInput.Write(answer);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without asking anything.
        }
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, Canonical(text));
    }

    /// <summary>Without names of programs, times, and bytes behind the end of a line, which are whatever was there.</summary>
    private static string Canonical(string text)
    {
        text = text.Replace("redis-check-aof", "check-aof", StringComparison.Ordinal).Replace("sigrun-check-aof", "check-aof", StringComparison.Ordinal);
        return BehindEnd().Replace(LogPrefix().Replace(text, ""), "got: 00");
    }

    [GeneratedRegex("^[0-9]+:C .*? # ", RegexOptions.Multiline)]
    private static partial Regex LogPrefix();

    [GeneratedRegex("got: 00[0-9a-f]+")]
    private static partial Regex BehindEnd();

    private static string[] Options(Random chance) => chance.Next(4) switch
    {
        0 => [],
        1 => ["--truncate-to-timestamp", Timestamps[chance.Next(Timestamps.Length)]],
        _ => ["--fix"],
    };

    private static Dictionary<string, byte[]> Single(Random chance) => new() { ["file"] = Damage(Commands(chance, 30), chance) };

    private static Dictionary<string, byte[]> Parts(Random chance)
    {
        var files = new Dictionary<string, byte[]>();
        var manifest = new StringBuilder();
        int increments = chance.Next(4);
        for (int i = chance.Next(5) == 0 ? 1 : 0; i <= increments; i++)
        {
            string name = i == 0 ? "a.1.base.aof" : $"a.{i}.incr.aof";
            files[name] = Commands(chance, chance.Next(5) == 0 ? 0 : 9);
            manifest.Append($"file {name} seq {Math.Max(i, 1)} type {(i == 0 ? 'b' : 'i')}\n");
        }
        if (files.Count > 0)
        {
            string name = chance.Next(3) == 0 ? files.Keys.First() : files.Keys.Last();
            files[name] = Damage(files[name], chance);
            if (chance.Next(15) == 0) files.Remove(name);
        }
        string text = manifest.ToString();
        files["manifest"] = Encoding.ASCII.GetBytes(chance.Next(20) switch
        {
            0 => text.Replace("seq", "sq", StringComparison.Ordinal),
            1 => text + text,
            2 => "# comment\n" + text,
            3 => text.Replace("a.1", "a/1", StringComparison.Ordinal),
            4 => text + "file x seq 9 type z\n",
            _ => text,
        });
        return files;
    }

    private static byte[] Commands(Random chance, int count)
    {
        var bytes = new List<byte>();
        int time = 1000;
        for (int i = 0; i < count; i++)
        {
            if (chance.Next(3) == 0) bytes.AddRange(Encoding.ASCII.GetBytes($"#TS:{time += chance.Next(1, 5)}\r\n"));
            if (chance.Next(5) == 0) bytes.AddRange([.. Command("MULTI"), .. Command("INCR", "n"), .. Command("EXEC")]);
            else bytes.AddRange(Command("SET", "key" + i, new string('v', chance.Next(200))));
        }
        return [.. bytes];
    }

    private static byte[] Damage(byte[] bytes, Random chance)
    {
        if (bytes.Length == 0) return bytes;
        int place = chance.Next(bytes.Length);
        byte[] noise = [(byte)chance.Next(32, 128), (byte)chance.Next(32, 128)];
        string[] ends = ["\0\0\0", "x", "*", "#", "#TS:z\r\n", "*1\r\n", "*1\r\n$4\r\nEXEC\r\n", "*1\r\n$5\r\nMULTI\r\n", "\n", "*0\r\n", "*-5\r\n", "*2\r\n$3\r\nGET\r\n$1"];
        string[] numbers = ["-1", "0", " 3", "+2", "99999999999999999999999", "abc", "", "9223372036854775806", "1\n"];
        return chance.Next(7) switch
        {
            0 => bytes,
            1 => bytes[..place],
            2 => [.. bytes[..place], .. noise, .. bytes[Math.Min(place + 2, bytes.Length)..]],
            3 => [.. bytes[..place], .. noise, .. bytes[place..]],
            4 => [.. bytes[..place], .. bytes[Math.Min(place + chance.Next(1, 9), bytes.Length)..]],
            5 => WithNumber(bytes, place, numbers[chance.Next(numbers.Length)]),
            _ => [.. bytes, .. Encoding.Latin1.GetBytes(ends[chance.Next(ends.Length)])],
        };
    }

    private static byte[] WithNumber(byte[] bytes, int from, string number)
    {
        int place = Array.FindIndex(bytes, from, b => b is (byte)'*' or (byte)'$');
        return place < 0 ? bytes : [.. bytes[..(place + 1)], .. Encoding.Latin1.GetBytes(number), .. bytes[Math.Min(place + 2, bytes.Length)..]];
    }

    private static byte[] Command(params string[] arguments) => RespClient.Request(arguments);

    private static void Restore(string directory, Dictionary<string, byte[]> files)
    {
        foreach (string file in Directory.GetFiles(directory)) File.Delete(file);
        foreach ((string name, byte[] bytes) in files) File.WriteAllBytes(Path.Combine(directory, name), bytes);
    }

    private static string[] Contents(string directory) =>
        [.. Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(file => $"{file}: {Convert.ToHexString(File.ReadAllBytes(file))}")];
}
