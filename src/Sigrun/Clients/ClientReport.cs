using System.Text;
using Sigrun.Commands;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.PubSub;
using Sigrun.Storage.Buffers;
using Sigrun.Tracking;

namespace Sigrun.Clients;

/// <summary>Describes clients in the words of CLIENT LIST.</summary>
internal static class ClientReport
{
    private const string Redacted = "*redacted*";

    /// <summary>One client as a line, without its end.</summary>
    public static string Line(ClientSession client) => Line(client, hidesUserData: false);

    /// <summary>The same for the log.</summary>
    public static string LogLine(ClientSession client) => Line(client, HidesUserData(client));

    /// <summary>Who a client is, for the log.</summary>
    public static string LogIdentity(ClientSession client)
    {
        bool hides = HidesUserData(client);
        return $"{Place(client)} name={Name(client, hides)} user={User(client, hides)} lib-name={Text(client.LibraryName)} lib-ver={Text(client.LibraryVersion)}";
    }

    private static string Line(ClientSession client, bool hidesUserData)
    {
        Engine engine = client.Engine;
        long nowMs = engine.NowMs;
        long queryBytes = client.UnparsedBytes;
        long queryCapacity = client.Input?.Capacity ?? 0;
        long replyBuffer = Math.Min(client.OutputHeld, OutputSegment.DefaultCapacity);
        Subscriptions? subscriptions = client.Subscriptions;
        string command = client.LastCommandId < 0 ? "NULL" : Encoding.ASCII.GetString(CommandTable.FullName(client.LastCommandId));
        return Place(client)
            + $" name={Name(client, hidesUserData)} age={(nowMs / 1000) - (client.CreatedMs / 1000)}"
            + $" idle={(nowMs / 1000) - (client.LastInteractionMs / 1000)} flags={Flags(client)} capa={(client.FollowsRedirects ? "r" : "")} db={client.Db.Index}"
            + $" sub={subscriptions?.Channels.Count ?? 0} psub={subscriptions?.Patterns.Count ?? 0} ssub={subscriptions?.ShardChannels.Count ?? 0}"
            + $" multi={client.Transaction?.Queue.Count ?? -1} watch={client.Transaction?.Watched.Count ?? 0} qbuf={queryBytes} qbuf-free={queryCapacity - queryBytes}"
            + $" argv-mem={client.ArgumentBytes} multi-mem={client.QueuedBytes} rbs={replyBuffer} rbp={replyBuffer} obl=0 oll={Math.Max(0, client.Output.SegmentCount - 1)}"
            + $" omem={client.OutputMemory} tot-mem={client.MemoryBytes} events={Events(client)} cmd={command}"
            + $" user={User(client, hidesUserData)} redir={RedirectId(client)} resp={(client.Reply.IsResp3 ? 3 : 2)} lib-name={Text(client.LibraryName)} lib-ver={Text(client.LibraryVersion)}"
            + $" tot-net-in={client.BytesReceived} tot-net-out={client.BytesSent} tot-cmds={client.CommandsProcessed}";
    }

    /// <summary>How the requests begin that have not run yet, for the log.</summary>
    public static string InputStart(ClientSession client)
    {
        const int BytesMax = 64;
        var text = new StringBuilder();
        ConfigurationLine.AppendQuoted(text, client.Input is { } input ? Text(input.Peek(BytesMax)) : "");
        return text.ToString();
    }

    /// <summary>What a client has sent that is no request, for the log: all of it, or its beginning and end.</summary>
    public static string UnparsedSample(ClientSession client)
    {
        const int BytesMax = 128;
        if (HidesUserData(client)) return Redacted;
        ReadOnlySpan<byte> input = client.Unparsed;
        return input.Length < BytesMax
            ? $"'{Printable(input)}'"
            : $"'{Printable(input[..(BytesMax / 2)])}' (... more {input.Length - BytesMax} bytes ...) '{Printable(input[^(BytesMax / 2)..])}'";
    }

    /// <summary>The letters of what is special about a client; N when nothing is.</summary>
    public static string Flags(ClientSession client)
    {
        string flags = client.IsMonitor ? "O" : "";
        if (client.IsSubscriber) flags += "P";
        if (client.IsInTransaction) flags += "x";
        if (client.IsBlocked || client.WaitsForPause) flags += "b";
        if (client.Tracking is { IsOn: true } tracking) flags += TrackingFlags(tracking);
        if (client.Transaction is { IsTouched: true }) flags += "d";
        if (client.IsDoomed) flags += "A";
        else if (client.CloseAfterOutput) flags += "c";
        if (client.Connection is { IsUnix: true }) flags += "U";
        if (client.IsReadOnly) flags += "r";
        if (client.IsKept) flags += "e";
        if (client.LeavesNoTrace) flags += "T";
        if (client.IsImportSource) flags += "I";
        return flags.Length == 0 ? "N" : flags;
    }

    /// <summary>Where the client connects from.</summary>
    public static string Address(ClientSession client) => ConnectionOf(client)?.RemoteAddress ?? "?:0";

    /// <summary>The client that is told of what this one tracks; 0 for itself, −1 while it tracks nothing.</summary>
    public static long RedirectId(ClientSession client) => client.Tracking is { IsOn: true } tracking ? tracking.RedirectId : -1;

    private static string TrackingFlags(ClientTracking tracking) =>
        "t" + (tracking.Has(TrackingModes.RedirectBroken) ? "R" : "") + (tracking.Has(TrackingModes.Broadcast) ? "B" : "");

    private static string Events(ClientSession client) => ConnectionOf(client) switch
    {
        null => "",
        { WaitsForOutput: true } => "rw",
        _ => "r",
    };

    private static bool HidesUserData(ClientSession client) => client.Engine.Settings.Observability.HideUserDataFromLog;

    private static string Place(ClientSession client) =>
        $"id={client.Id} addr={Address(client)} laddr={ConnectionOf(client)?.LocalAddress ?? "?:0"} fd={ConnectionOf(client)?.Descriptor ?? -1}";

    /// <summary>A client's connection, also one that its peer has just ended.</summary>
    private static Connection? ConnectionOf(ClientSession client) => client.Connection ?? client.Ended;

    private static string Name(ClientSession client, bool isHidden) => isHidden ? Redacted : Text(client.Name);

    private static string User(ClientSession client, bool isHidden) => isHidden ? Redacted : client.User?.Name ?? "(superuser)";

    /// <summary>As C prints it: up to a zero byte, with a dot for what has no sign.</summary>
    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (byte one in CommandErrors.UpToNul(bytes)) text.Append(one is >= (byte)' ' and <= (byte)'~' ? (char)one : '.');
        return text.ToString();
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
