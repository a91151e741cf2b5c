using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Differential;

/// <summary>An event of a key: database, name, key.</summary>
public sealed record KeyEvent(int Database, string Name, string Key)
{
    public override string ToString() => $"db{Database} {Name} {Show.Argument(Encoding.Latin1.GetBytes(Key))}";
}

/// <summary>
/// Debian's redis-server, or another server that SIGRUN_FUZZ_PEER names, as the other side: its replies, its
/// keyspace events, its append-only file.
/// </summary>
public sealed class Peer : IDisposable
{
    private const string EndChannel = "end of batch";

    private static readonly string? OtherProgram = Environment.GetEnvironmentVariable("SIGRUN_FUZZ_PEER");

    private readonly ServerProcess _server;
    private readonly RawConnection _listener;
    private readonly RawConnection _announcer;
    private readonly AofTail _file;

    public Peer(int version)
    {
        // What Valkey has changed its defaults for is set as there.
        _server = ServerProcess.Start(
            OtherProgram ?? "redis-server",
            "--save", "", "--enable-debug-command", "yes", "--notify-keyspace-events", "KEAnm", "--appendonly", "yes", "--appendfsync", "no",
            "--auto-aof-rewrite-percentage", "0", "--lazyfree-lazy-expire", "yes", "--lazyfree-lazy-server-del", "yes",
            "--lazyfree-lazy-user-del", "yes", "--lazyfree-lazy-user-flush", "yes");
        Connection = new RawConnection(_server.Port);
        if (version == 3) Connection.Exchange("HELLO", "3");
        Assert.Equal("+OK\r\n"u8, Connection.Exchange("DEBUG", "SET-ACTIVE-EXPIRE", "0"));
        _announcer = new RawConnection(_server.Port);
        _listener = new RawConnection(_server.Port);
        _listener.Exchange("PSUBSCRIBE", "__keyevent@*__:*");
        _listener.Exchange("SUBSCRIBE", EndChannel);
        _file = new AofTail(Path.Combine(_server.Directory, "appendonlydir", "appendonly.aof.1.incr.aof"));
    }

    /// <summary>False when the other side is not the one that the known differences are about.</summary>
    public static bool IsRedis => OtherProgram is null;

    /// <summary>The connection that commands go through.</summary>
    public RawConnection Connection { get; }

    /// <summary>The events since the last call.</summary>
    public List<KeyEvent> TakeEvents()
    {
        _announcer.Exchange("PUBLISH", EndChannel, "");
        var events = new List<KeyEvent>();
        for (; ; )
        {
            // *4 pmessage, pattern, __keyevent@DB__:NAME, key; or *3 message, channel, text.
            byte[][] items = Bulks(_listener.ReadReply());
            if (items.Length == 3) return events;
            string channel = Encoding.ASCII.GetString(items[2]);
            int at = channel.IndexOf('@', StringComparison.Ordinal);
            int end = channel.IndexOf("__:", StringComparison.Ordinal);
            events.Add(new KeyEvent(int.Parse(channel[(at + 1)..end]), channel[(end + 3)..], Encoding.Latin1.GetString(items[3])));
        }
    }

    /// <summary>What was written to the append-only file since the last call.</summary>
    public List<Effect> TakeEffects() => _file.Take();

    public void Dispose()
    {
        _file.Dispose();
        _listener.Dispose();
        _announcer.Dispose();
        Connection.Dispose();
        _server.Dispose();
    }

    /// <summary>The elements of an array of bulk strings.</summary>
    public static byte[][] Bulks(byte[] reply)
    {
        var items = new List<byte[]>();
        int position = Array.IndexOf(reply, (byte)'\n') + 1;
        while (position < reply.Length)
        {
            int end = Array.IndexOf(reply, (byte)'\n', position);
            int length = int.Parse(Encoding.ASCII.GetString(reply, position + 1, end - position - 2));
            items.Add(reply[(end + 1)..(end + 1 + length)]);
            position = end + 1 + length + 2;
        }
        return [.. items];
    }
}
