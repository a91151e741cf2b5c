using System.Globalization;
using System.Text;
using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>Walks over all keys with SCAN, at the pace that the options set.</summary>
internal sealed class KeyScanner(Session session, InterruptFlag interrupt)
{
    private const int CallsPerPause = 100;

    private readonly ServerConnection _server = session.Require();
    private ulong _cursor;

    /// <summary>All keys, as many at a time as the server gives; a pause follows every call, or every hundredth.</summary>
    public IEnumerable<Reply[]> Walk(bool pauseAfterEachCall)
    {
        int calls = 0;
        do
        {
            yield return Next();
            calls++;
            bool isPause = pauseAfterEachCall || calls % CallsPerPause == 0;
            if (isPause && session.Options.Interval > TimeSpan.Zero) ToolClock.Sleep(session.Options.Interval);
        } while (!interrupt.IsSet && _cursor != 0);
    }

    /// <summary>How many keys the database has.</summary>
    public long CountKeys()
    {
        Reply reply = Call("DBSIZE");
        if (reply.IsError) throw ExitException.Failure($"Couldn't determine DBSIZE: {reply.Text}");
        return reply.Type == ReplyType.Integer ? reply.Integer : throw ExitException.Failure("Non INTEGER response from DBSIZE!");
    }

    /// <summary>Reading will do; the answer of a server without a cluster, or one that knows of none, does not matter.</summary>
    public void AllowReplicas()
    {
        Reply reply = Call("READONLY");
        if (!reply.IsError || reply.Is("ERR This instance has cluster support disabled"u8)) return;
        if (reply.Bytes.AsSpan().StartsWith("ERR unknown command"u8)) return;
        session.Console.Flush();
        throw ExitException.Failure($"Error: {reply.Text}");
    }

    /// <summary>Sends a command for each key and returns the replies; what none is sent for has none.</summary>
    public Reply?[] CallForEach(Reply[] keys, Func<int, byte[][]?> command, string purpose)
    {
        var replies = new Reply?[keys.Length];
        var isSent = new bool[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            if (command(i) is not { } arguments) continue;
            _server.Append(arguments);
            isSent[i] = true;
        }
        for (int i = 0; i < keys.Length; i++)
        {
            if (!isSent[i]) continue;
            try
            {
                replies[i] = _server.Read();
            }
            catch (ConnectionException e)
            {
                session.Console.Flush();
                throw ExitException.Failure($"Error getting {purpose} for key '{keys[i].Text}' ({FaultNumber(e.Fault)}: {e.Message})");
            }
        }
        return replies;
    }

    /// <summary>A key in quotes.</summary>
    public static string Quote(Reply key)
    {
        var text = new OutputBuffer();
        text.AppendQuoted(key.Bytes);
        return Encoding.ASCII.GetString(text.Bytes);
    }

    private static int FaultNumber(ConnectionFault fault) => fault switch
    {
        ConnectionFault.Io => 1,
        ConnectionFault.Closed => 3,
        ConnectionFault.Protocol => 4,
        _ => 2,
    };

    private Reply[] Next()
    {
        CliOptions options = session.Options;
        List<byte[]> command = ["SCAN"u8.ToArray(), Bytes(_cursor)];
        if (options.Pattern is { } pattern) command.AddRange(["MATCH"u8.ToArray(), pattern]);
        command.AddRange(["COUNT"u8.ToArray(), Bytes(options.Count)]);
        if (options.KeyType is { } type) command.AddRange(["TYPE"u8.ToArray(), type]);
        Reply reply = Call([.. command]);
        session.Console.Flush();
        if (reply.IsError) throw ExitException.Failure($"SCAN error: {reply.Text}");
        if (reply.Type != ReplyType.Array) throw ExitException.Failure("Non ARRAY response from SCAN!");
        if (reply.Elements.Length != 2) throw ExitException.Failure("Invalid element count from SCAN!");
        _cursor = ulong.Parse(reply.Elements[0].Text, CultureInfo.InvariantCulture);
        return reply.Elements[1].Elements;
    }

    private Reply Call(string command) => Call([Encoding.ASCII.GetBytes(command)]);

    private Reply Call(byte[][] command)
    {
        try
        {
            return _server.Call(command.AsSpan());
        }
        catch (ConnectionException)
        {
            session.Console.Flush();
            throw ExitException.Failure("\nI/O error");
        }
    }

    private static byte[] Bytes<T>(T value) where T : IFormattable => Encoding.ASCII.GetBytes(value.ToString(null, CultureInfo.InvariantCulture));
}
