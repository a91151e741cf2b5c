using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence;

/// <summary>Data of every type in every encoding, made by commands that servers from 7.0 on know.</summary>
internal static class SampleData
{
    /// <summary>Fills a server.</summary>
    public static void Fill(RespClient client)
    {
        Fill(client, "SET", "int", "1234567890123");
        Fill(client, "SET", "small", "12");
        Fill(client, "SET", "short", "abc");
        Fill(client, "SET", "empty", "");
        Fill(client, "SET", "repeated", new string('x', 5000));
        client.Send("SET"u8.ToArray(), "noise"u8.ToArray(), Samples.Make("noise:7:700000:256"));
        client.Send("SET"u8.ToArray(), "binary\0\r\n"u8.ToArray(), Samples.Make("echo:3:400:100"));
        Fill(client, "SET", "expiring", "x", "EX", "100000");
        FillLists(client);
        FillSets(client);
        FillSortedSets(client);
        FillHashes(client);
        FillStreams(client);
        client.Send("SELECT", "9");
        Fill(client, "SET", "elsewhere", "y", "PX", "200000000");
        client.Send("SELECT", "0");
    }

    private static void FillLists(RespClient client)
    {
        Fill(client, "RPUSH", "list:small", "a", "1", "-70000", "");
        for (int i = 0; i < 40; i++) Fill(client, ["RPUSH", "list:large", .. Words(i, 50, 20)]);
        Fill(client, "RPUSH", "list:plain", new string('p', 20000), "b");
    }

    private static void FillSets(RespClient client)
    {
        Fill(client, "SADD", "set:ints", "1", "-2", "70000", "5000000000");
        Fill(client, "SADD", "set:small", "a", "b", "17");
        for (int i = 0; i < 10; i++) Fill(client, ["SADD", "set:large", .. Words(i, 100, 8)]);
    }

    private static void FillSortedSets(RespClient client)
    {
        Fill(client, "ZADD", "zset:small", "1", "a", "-2.5", "b", "inf", "c", "1024", "12");
        for (int i = 0; i < 300; i++) Fill(client, "ZADD", "zset:large", $"{i / 8.0:R}", $"member:{i}");
        Fill(client, "ZADD", "zset:infinite", "-inf", new string('m', 100), "inf", "n");
    }

    private static void FillHashes(RespClient client)
    {
        Fill(client, "HSET", "hash:small", "f", "v", "1", "2");
        for (int i = 0; i < 10; i++) Fill(client, ["HSET", "hash:large", .. Words(i, 200, 12)]);
    }

    private static void FillStreams(RespClient client)
    {
        for (int i = 1; i <= 250; i++) Fill(client, "XADD", "stream", $"{i}-{i % 3}", "field", $"{i * i}", "other", Words(i, 1, 30)[0]);
        Fill(client, "XDEL", "stream", "7-1", "250-1");
        Fill(client, "XGROUP", "CREATE", "stream", "group", "5");
        Fill(client, "XREADGROUP", "GROUP", "group", "alice", "COUNT", "20", "STREAMS", "stream", ">");
        Fill(client, "XREADGROUP", "GROUP", "group", "bob", "COUNT", "5", "STREAMS", "stream", ">");
        Fill(client, "XGROUP", "CREATECONSUMER", "stream", "group", "carol");
        Fill(client, "XADD", "stream:empty", "1-1", "a", "b");
        Fill(client, "XDEL", "stream:empty", "1-1");
    }

    private static void Fill(RespClient client, params string[] command)
    {
        RespValue reply = client.Send(command);
        Assert.False(reply.IsError, $"{command[0]} {command[1]}: {reply}");
    }

    private static string[] Words(int seed, int count, int length)
    {
        string[] words = new string[count];
        for (int i = 0; i < count; i++)
            words[i] = System.Text.Encoding.ASCII.GetString(Samples.Noise((ulong)(seed * 1000 + i), length, 26));
        return words;
    }
}
