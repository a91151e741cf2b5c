using System.Text;
using Sigrun.Observability;
using Sigrun.Protocol;

namespace Sigrun.Commands;

/// <summary>LATENCY: what has held the server up, and how long commands take.</summary>
[Command("LATENCY", Arity = -2, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "Varies by subcommand",
    Summary = "Commands about latency.")]
internal static class LatencyCommands
{
    private const CommandFlags Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;
    private const string AllNodes = "nondeterministic_output request_policy:all_nodes response_policy:special";

    [Command("DOCTOR", Container = "LATENCY", Arity = 2, Flags = Flags, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Tips = AllNodes, Summary = "Says what has held the server up and what helps.")]
    public static void Doctor(CommandContext c) => WriteText(c, LatencyDoctor.Report(c.Engine));

    [Command("GRAPH", Container = "LATENCY", Arity = 3, Flags = Flags, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Tips = AllNodes, Summary = "Draws the events of a kind.", Syntax = "event")]
    public static void Graph(CommandContext c)
    {
        if (c.Engine.Latency.Find(Encoding.Latin1.GetString(c.Arg(2))) is { } series) WriteText(c, LatencyGraph.Draw(series, c.Engine.Latency.NowSeconds));
        else c.Reply.Error([.. "ERR No samples available for event '"u8, .. c.Arg(2), .. "'"u8]);
    }

    [Command("HISTORY", Container = "LATENCY", Arity = 3, Flags = Flags, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Tips = AllNodes, Summary = "Lists the events of a kind.", Syntax = "event")]
    public static void History(CommandContext c)
    {
        LatencySeries? series = c.Engine.Latency.Find(Encoding.Latin1.GetString(c.Arg(2)));
        c.Reply.Array(series?.SampleCount ?? 0);
        foreach (LatencySample sample in series?.Samples ?? [])
        {
            c.Reply.Array(2);
            c.Reply.Integer(sample.UnixSeconds);
            c.Reply.Integer(sample.Milliseconds);
        }
    }

    [Command("LATEST", Container = "LATENCY", Arity = 2, Flags = Flags, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Tips = AllNodes, Summary = "Lists the last event of every kind.")]
    public static void Latest(CommandContext c)
    {
        c.Reply.Array(c.Engine.Latency.All.Count);
        foreach (LatencySeries series in c.Engine.Latency.All)
        {
            c.Reply.Array(6);
            c.Reply.BulkText(series.Name);
            c.Reply.Integer(series.Last.UnixSeconds);
            c.Reply.Integer(series.Last.Milliseconds);
            c.Reply.Integer(series.Max);
            c.Reply.Integer(series.Sum);
            c.Reply.Integer(series.Count);
        }
    }

    [Command("RESET", Container = "LATENCY", Arity = -2, Flags = Flags, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Tips = "request_policy:all_nodes response_policy:agg_sum", Summary = "Forgets events.", Syntax = "[event [event ...]]")]
    public static void Reset(CommandContext c)
    {
        int count = c.ArgCount == 2 ? c.Engine.Latency.Reset() : 0;
        for (int i = 2; i < c.ArgCount; i++) count += c.Engine.Latency.Reset(Encoding.Latin1.GetString(c.Arg(i)));
        c.Reply.Integer(count);
    }

    [Command("HISTOGRAM", Container = "LATENCY", Arity = -2, Flags = Flags, Group = CommandGroup.Server, Since = "7.0.0",
        Complexity = "O(N) with N commands", Tips = AllNodes, Summary = "Shows how the durations of commands are distributed.",
        Syntax = "[command [command ...]]")]
    public static void Histogram(CommandContext c)
    {
        DeferredHeader header = c.Reply.BeginDeferred();
        int count = 0;
        if (c.ArgCount == 2) count = WriteHistograms(c, 0, CommandTable.Count);
        for (int i = 2; i < c.ArgCount; i++)
        {
            int id = CommandTable.LookupFullName(c.Arg(i));
            if (id < 0) continue;
            count += WriteHistograms(c, id, 1 + CommandTable.SubcommandCount[id]);
        }
        c.Reply.EndDeferredMap(header, count);
    }

    [Command("HELP", Container = "LATENCY", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)", Summary = "Lists the LATENCY subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "LATENCY"u8, """
        DOCTOR
            Says what has held the server up and what helps.
        GRAPH <event>
            Draws the events of a kind.
        HISTORY <event>
            Lists the events of a kind: when, and how many milliseconds they took.
        LATEST
            Lists the last event of every kind.
        RESET [<event> ...]
            Forgets the events of some kinds (default: of all).
        HISTOGRAM [COMMAND ...]
            Shows how the durations of commands are distributed (default: of all).
        """u8);

    private static void WriteText(CommandContext c, string text) => c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(text));

    private static int WriteHistograms(CommandContext c, int firstId, int commands)
    {
        int count = 0;
        for (int id = firstId; id < firstId + commands; id++)
        {
            if (c.Engine.Statistics.Commands.Histogram(id) is not { } histogram) continue;
            c.Reply.Bulk(CommandTable.FullName(id));
            WriteHistogram(c.Reply, histogram);
            count++;
        }
        return count;
    }

    /// <summary>How many calls took no longer than about 1, 2, 4, … microseconds, where that is more than one step before.</summary>
    private static void WriteHistogram(ReplyWriter reply, LatencyHistogram histogram)
    {
        reply.Map(2);
        reply.Bulk("calls"u8);
        reply.Integer(histogram.Count);
        reply.Bulk("histogram_usec"u8);
        DeferredHeader header = reply.BeginDeferred();
        int steps = 0;
        long before = 0;
        for (long nanoseconds = 1024; before < histogram.Count; nanoseconds *= 2)
        {
            // The reference server's histogram has 128 steps for every power of two.
            long highest = nanoseconds + nanoseconds / 128 - 1;
            long upTo = histogram.CountUpTo(highest);
            if (upTo == before) continue;
            reply.Integer(highest / 1000);
            reply.Integer(upTo);
            before = upTo;
            steps++;
        }
        reply.EndDeferredMap(header, steps);
    }
}
