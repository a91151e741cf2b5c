using System.Text;
using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>Shows a line of figures of the server in every interval.</summary>
internal sealed class StatMode(Session session)
{
    private const int HeadingInterval = 20;
    private const int DefaultDatabases = 16;
    private const long Missing = long.MinValue;

    private long _requests;

    /// <summary>Shows figures without end.</summary>
    public void Run()
    {
        int databases = CountDatabases(session.Require());
        TimeSpan interval = session.Options.Interval == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : session.Options.Interval;
        var server = new SteadyCaller(session);
        for (int lines = 0; ; lines++)
        {
            Reply reply = server.Call("INFO");
            if (reply.IsError)
            {
                session.Console.Flush();
                throw ExitException.Failure($"ERROR: {reply.Text}");
            }
            if (lines % HeadingInterval == 0)
            {
                session.Console.PrintLine("------- data ------ --------------------- load -------------------- - child -");
                session.Console.PrintLine("keys       mem      clients blocked requests            connections          ");
            }
            Print(Encoding.Latin1.GetString(reply.Bytes), databases);
            session.Console.Flush();
            ToolClock.Sleep(interval);
        }
    }

    private int CountDatabases(ServerConnection server)
    {
        try
        {
            Reply reply = server.Call("CONFIG", "GET", "databases");
            if (!reply.IsError) return reply.Find("databases"u8) is { } value ? CNumber.ParseInt32(value.Text) : DefaultDatabases;
            session.Console.Error($"CONFIG GET databases fails: {reply.Text}, use default value {DefaultDatabases} instead");
            return DefaultDatabases;
        }
        catch (ConnectionException)
        {
            throw ExitException.Failure("\nI/O error");
        }
    }

    private void Print(string info, int databases)
    {
        long keys = 0;
        for (int i = 0; i < databases; i++)
        {
            if (Field(info, $"db{i}:keys") is not Missing and long count) keys += count;
        }
        long requests = Field(info, "total_commands_processed");
        long added = _requests == 0 ? 0 : requests - _requests;
        _requests = requests;

        session.Console.Print($"{keys,-11}{Human(Field(info, "used_memory")),-8} ");
        session.Console.Print($"{Field(info, "connected_clients"),-8}{Field(info, "blocked_clients"),-8}");
        session.Console.Print($"{$"{requests} (+{added})",-19} {Field(info, "total_connections_received"),-12}");
        session.Console.PrintLine(Work(info));
    }

    /// <summary>What the server does besides.</summary>
    private static string Work(string info)
    {
        bool saves = Field(info, "bgsave_in_progress") > 0;
        bool rewrites = Field(info, "aof_rewrite_in_progress") > 0;
        bool loads = Field(info, "loading") > 0;
        return (saves, rewrites, loads) switch
        {
            (true, false, false) => "SAVE",
            (false, true, false) => "AOF",
            (true, true, false) => "SAVE+AOF",
            (false, false, true) => "LOAD",
            _ => "",
        };
    }

    private static long Field(string info, string name)
    {
        int start = info.IndexOf(name, StringComparison.Ordinal);
        return start < 0 ? Missing : CNumber.ParseInt64(info.AsSpan(Math.Min(info.Length, start + name.Length + 1)), out _);
    }

    private static string Human(long bytes)
    {
        const string Units = "KMGTPE";
        if (bytes is > -1024 and < 1024) return $"{bytes}B";
        double value = bytes;
        int unit = -1;
        while (Math.Abs(value) >= 1024)
        {
            value /= 1024;
            unit++;
        }
        return FixedText.Two(value) + Units[unit];
    }
}
