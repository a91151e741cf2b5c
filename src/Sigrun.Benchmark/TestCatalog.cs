using System.Text;
using Sigrun.Client;

namespace Sigrun.Benchmark;

/// <summary>One of the tests.</summary>
/// <param name="Title">What it is called in reports.</param>
/// <param name="Request">The command as it is sent.</param>
/// <param name="Preparation">A command that has to be answered once before; null where there is none.</param>
internal sealed record BenchmarkTest(string Title, byte[] Request, byte[][]? Preparation = null);

/// <summary>The tests that run where no command is given: names, order, commands and titles are those of Valkey's tool.</summary>
internal static class TestCatalog
{
    private const int KeysInMany = 10;
    private const int ScriptBytesMax = 64 * 1024;

    private static readonly int[] Ranges = [100, 300, 500, 600];

    /// <summary>The tests that have been asked for.</summary>
    public static IEnumerable<BenchmarkTest> Selected(BenchmarkOptions options, byte[] data) => [.. Strings(options, data), .. Collections(options, data), .. Ranged(options, data), .. Others(options, data)];

    private static IEnumerable<BenchmarkTest> Strings(BenchmarkOptions options, byte[] data)
    {
        if (options.Selects("ping_inline", "ping")) yield return new BenchmarkTest("PING_INLINE", "PING\r\n"u8.ToArray());
        if (options.Selects("ping_mbulk", "ping")) yield return Of("PING_MBULK", "PING");
        if (options.Selects("set")) yield return Of("SET", data, "SET", "key:__rand_int__");
        if (options.Selects("get")) yield return Of("GET", "GET", "key:__rand_int__");
        if (options.Selects("incr")) yield return Of("INCR", "INCR", "counter:__rand_int__");
    }

    private static IEnumerable<BenchmarkTest> Collections(BenchmarkOptions options, byte[] data)
    {
        if (options.Selects("lpush")) yield return Of("LPUSH", data, "LPUSH", "mylist");
        if (options.Selects("rpush")) yield return Of("RPUSH", data, "RPUSH", "mylist");
        if (options.Selects("lpop")) yield return Of("LPOP", "LPOP", "mylist");
        if (options.Selects("rpop")) yield return Of("RPOP", "RPOP", "mylist");
        if (options.Selects("sadd")) yield return Of("SADD", "SADD", "myset", "element:__rand_int__");
        if (options.Selects("hset")) yield return Of("HSET", data, "HSET", "myhash", "element:__rand_int__");
        if (options.Selects("spop")) yield return Of("SPOP", "SPOP", "myset");
        // A score has to be a number, also where placeholders stay as they are.
        string score = options.Keyspace is null ? "0" : "__rand_int__";
        if (options.Selects("zadd")) yield return Of("ZADD", "ZADD", "myzset", score, "element:__rand_1st__");
        if (options.Selects("zpopmin")) yield return Of("ZPOPMIN", "ZPOPMIN", "myzset");
    }

    private static IEnumerable<BenchmarkTest> Ranged(BenchmarkOptions options, byte[] data)
    {
        if (options.Selects("lrange", "lrange_100", "lrange_300", "lrange_500", "lrange_600"))
            yield return Of("LPUSH (needed to benchmark LRANGE)", data, "LPUSH", "mylist");
        foreach (int range in Ranges)
        {
            if (options.Selects("lrange", $"lrange_{range}"))
                yield return Of($"LRANGE_{range} (first {range} elements)", "LRANGE", "mylist", "0", $"{range - 1}");
        }
    }

    private static IEnumerable<BenchmarkTest> Others(BenchmarkOptions options, byte[] data)
    {
        byte[] key = Text("key:__rand_int__");
        if (options.Selects("mset")) yield return new BenchmarkTest($"MSET ({KeysInMany} keys)", Command([Text("MSET"), .. Enumerable.Repeat<byte[][]>([key, data], KeysInMany).SelectMany(pair => pair)]));
        if (options.Selects("mget")) yield return new BenchmarkTest($"MGET ({KeysInMany} keys)", Command([Text("MGET"), .. Enumerable.Repeat(key, KeysInMany)]));
        if (options.Selects("xadd")) yield return Of("XADD", data, "XADD", "mystream", "*", "myfield");
        if (options.Selects("function_load")) yield return Of("FUNCTION LOAD", Library(options.Functions, takesKeys: false), "function", "load", "replace");
        if (options.Selects("fcall"))
        {
            byte[][] load = [Text("FUNCTION"), Text("LOAD"), Text("REPLACE"), Library(1, options.KeysInCall > 0)];
            byte[][] call = [Text("fcall"), Text("foo1"), Text($"{options.KeysInCall}"), .. Enumerable.Range(1, options.KeysInCall).Select(i => Text($"key{i}"))];
            yield return new BenchmarkTest("FCALL", Command(call), load);
        }
    }

    /// <summary>A library of functions that do next to nothing, as many as have room in a script of reasonable size.</summary>
    private static byte[] Library(int functions, bool takesKeys)
    {
        var script = new StringBuilder("#!lua name=benchlib\n");
        for (int i = functions; i > 0 && script.Length < ScriptBytesMax; i--)
            script.Append(takesKeys ? $"server.register_function('foo{i}', function(keys) return keys[1] end)\n" : $"server.register_function('foo{i}', function() return 0 end)\n");
        return Text(script.ToString());
    }

    private static BenchmarkTest Of(string title, params string[] command) => new(title, Command(Array.ConvertAll(command, Text)));

    private static BenchmarkTest Of(string title, byte[] last, params string[] command) => new(title, Command([.. Array.ConvertAll(command, Text), last]));

    private static byte[] Command(byte[][] arguments)
    {
        var request = new RequestBuffer();
        request.Append(arguments);
        return request.Bytes.ToArray();
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
