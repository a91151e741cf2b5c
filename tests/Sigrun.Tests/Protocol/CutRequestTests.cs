using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>
/// Replies do not depend on how requests were cut into packets. Every case is sent whole, cut in two at
/// every byte, and byte by byte; each piece only after the server took the one before.
/// </summary>
public sealed class CutRequestTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    public void Whole_requests_get_their_replies(int version, int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        foreach (RequestCase item in RequestCase.All) Check(server, item, version, []);
        Assert.Equal(0, server.OnEngine(engine => engine.Databases[0].Keys.Count));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    public void Requests_may_be_cut_at_any_byte(int version, int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        foreach (RequestCase item in RequestCase.All)
        {
            for (int cut = 1; cut < item.Request.Length; cut++) Check(server, item, version, [cut]);
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    public void Requests_may_come_byte_by_byte(int version, int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        foreach (RequestCase item in RequestCase.All) Check(server, item, version, Enumerable.Range(1, item.Request.Length - 1).ToArray());
    }

    /// <summary>The cases of one connection after the other on the same connection, as far as none of them ends it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Replies_do_not_depend_on_what_came_before(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        RequestCase[] cases = RequestCase.All.Where(c => !c.Closes && c.Request.AsSpan().EndsWith("\n"u8) && c.Resp2.Length > 0).ToArray();
        byte[] all = cases.SelectMany(c => c.Request).ToArray();
        string expected = string.Concat(cases.Select(c => c.Resp2));
        for (int size = 1; size < 64; size += 7)
        {
            using RespClient client = server.Connect();
            for (int i = 0; i < all.Length; i += size) client.WriteRaw(all[i..Math.Min(all.Length, i + size)]);
            client.EndOfRequests();
            Assert.Equal(expected, client.ReadToEnd());
        }
    }

    private static void Check(TestServer server, RequestCase item, int version, int[] cuts)
    {
        using RespClient client = server.Connect();
        if (version == 3) client.Send("HELLO", "3");
        long before = server.BytesReceived(client);
        int start = 0;
        bool open = true;
        foreach (int cut in cuts)
        {
            client.WriteRaw(item.Request[start..cut]);
            start = cut;
            open = server.WaitUntilReceived(client, before + cut);
            if (!open) break;
        }
        if (open) client.WriteRaw(item.Request[start..]);
        if (!item.Closes) client.EndOfRequests();
        string reply = client.ReadToEnd();
        Assert.True(
            item.Reply(version) == reply,
            $"{item.Name}, RESP{version}, cut at {string.Join(',', cuts)}: expected {item.Reply(version)} but got {reply}");
    }
}
