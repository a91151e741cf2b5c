using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>Long pipelines, requests with many arguments, large values.</summary>
public sealed class PipelineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_deep_pipeline_is_answered_in_order(int ioThreads)
    {
        const int Count = 200_000;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = server.Connect();
        byte[] request = RespClient.Request("INCR", "counter");
        var writer = new BackgroundThread(() =>
        {
            byte[] many = [.. Enumerable.Repeat(request, 1000).SelectMany(r => r)];
            for (int i = 0; i < Count / 1000; i++) client.WriteRaw(many);
        });
        for (int i = 1; i <= Count; i++) Assert.Equal(i, client.Read().Number);
        writer.Join();
    }

    /// <summary>Everything is sent before the first reply is read, so that requests and replies pile up on the server's side.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_client_may_send_much_before_it_reads(int ioThreads)
    {
        const int Count = 50_000;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = server.Connect();
        string value = new('v', 500);
        client.Send("SET", "k", value);
        byte[] many = [.. Enumerable.Repeat(RespClient.Request("GET", "k"), Count).SelectMany(r => r)];
        client.WriteRaw(many);
        for (int i = 0; i < Count; i++) Assert.Equal(value, client.Read().Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_request_may_have_a_million_arguments(int ioThreads)
    {
        const int Count = 1_000_000;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = server.Connect();
        client.Send("SET", "key:77", "v");
        byte[][] arguments = new byte[Count][];
        arguments[0] = "EXISTS"u8.ToArray();
        for (int i = 1; i < Count; i++) arguments[i] = Encoding.ASCII.GetBytes("key:" + i % 100);
        Assert.Equal(Count / 100, client.Send(arguments).Number);
        arguments[0] = "MGET"u8.ToArray();
        RespValue values = client.Send(arguments);
        Assert.Equal(Count - 1, values.Items.Length);
        Assert.Equal(Count / 100, values.Items.Count(v => v.Text == "v"));
        Assert.Equal("+PONG", client.Send("PING"));
    }

    [Theory]
    [InlineData(1 << 20, 1)]
    [InlineData(1 << 20, 3)]
    [InlineData(100 << 20, 1)]
    [InlineData(100 << 20, 3)]
    public void A_large_value_comes_back_as_it_went(int length, int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = server.Connect();
        byte[] value = new byte[length];
        new Random(length).NextBytes(value);
        Assert.Equal("+OK", client.Send("SET"u8.ToArray(), "big"u8.ToArray(), value));
        Assert.True(value.AsSpan().SequenceEqual(client.Send("GET", "big").Bytes));
        Assert.Equal(length, client.Send("STRLEN", "big").Number);
        Assert.Equal(":1", client.Send("DEL", "big"));
    }

    /// <summary>A value that is being sent from where it is stored stays as it was although the key changes meanwhile.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_reply_shows_the_value_at_its_time(int ioThreads)
    {
        const int Length = 8 << 20;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient reader = server.Connect();
        using RespClient writer = server.Connect();
        writer.Send("SET", "k", new string('a', Length));
        // The reader's requests are executed, but their replies do not fit into its socket.
        reader.WriteRaw([.. RespClient.Request("GET", "k"), .. RespClient.Request("GET", "k")]);
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Statistics.KeyspaceHits) == 2, "both requests to run");
        Assert.Equal("+OK", writer.Send("SET", "other", "x"));
        Assert.Equal($":{Length + 1}", writer.Send("APPEND", "k", "b"));
        Assert.Equal($":{Length + 1}", writer.Send("SETRANGE", "k", "0", "cccc"));
        Assert.Equal("+OK", writer.Send("SET", "k", new string('d', Length)));
        Assert.Equal(":1", writer.Send("DEL", "k"));
        Assert.All(reader.Read().Bytes, b => Assert.Equal((byte)'a', b));
        Assert.All(reader.Read().Bytes, b => Assert.Equal((byte)'a', b));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Requests_of_all_sizes_in_one_stream(int ioThreads)
    {
        const int Seed = 20_261;
        const int Count = 400;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = server.Connect();
        var random = new Random(Seed);
        var values = new List<byte[]>();
        for (int i = 0; i < Count; i++)
        {
            byte[] value = new byte[random.Next(4) == 0 ? random.Next(300_000) : random.Next(200)];
            random.NextBytes(value);
            values.Add(value);
        }
        var writer = new BackgroundThread(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                byte[] key = Encoding.ASCII.GetBytes("k" + i % 10);
                client.Write("SET"u8.ToArray(), key, values[i]);
                client.Write("GET"u8.ToArray(), key);
            }
        });
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal("+OK", client.Read());
            Assert.True(values[i].AsSpan().SequenceEqual(client.Read().Bytes), $"value {i} of seed {Seed}");
        }
        writer.Join();
    }
}
