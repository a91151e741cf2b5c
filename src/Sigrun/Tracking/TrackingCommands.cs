using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Protocol;

namespace Sigrun.Tracking;

/// <summary>The subcommands of CLIENT about client-side caching: TRACKING, CACHING, TRACKINGINFO, GETREDIR.</summary>
internal static class TrackingCommands
{
    private const CommandFlags Usual = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel;

    [Command("TRACKING", Container = "CLIENT", Arity = -3, Flags = Usual, Group = CommandGroup.Connection, Since = "6.0.0",
        Complexity = "O(1)", Summary = "Whether this connection is told when keys change that it has read, or all with some prefix.",
        Syntax = "<status=ON|OFF> [client-id=REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [bcast=BCAST] [optin=OPTIN] [optout=OPTOUT] [noloop=NOLOOP]")]
    public static void Tracking(CommandContext c)
    {
        var options = new TrackingOptions();
        if (!options.TryRead(c)) return;
        if (c.ArgIs(2, "on"u8))
        {
            if (!options.TryAccept(c)) return;
            Enable(c, options);
        }
        else if (c.ArgIs(2, "off"u8))
        {
            c.Engine.Tracking.Disable(c.Client);
        }
        else
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        c.Reply.Ok();
    }

    [Command("CACHING", Container = "CLIENT", Arity = 3, Flags = Usual | CommandFlags.AllowBusy, Group = CommandGroup.Connection,
        Since = "6.0.0", Complexity = "O(1)", Summary = "Whether what the next command reads is tracked.", Syntax = "<mode=YES|NO>")]
    public static void Caching(CommandContext c)
    {
        if (c.Client.Tracking is not { IsOn: true } tracking)
        {
            c.Reply.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"u8);
            return;
        }
        bool isYes = c.ArgIs(2, "yes"u8);
        if (!isYes && !c.ArgIs(2, "no"u8))
        {
            c.Reply.Error(CommandErrors.Syntax);
        }
        else if (isYes && !tracking.Has(TrackingModes.OptIn))
        {
            c.Reply.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."u8);
        }
        else if (!isYes && !tracking.Has(TrackingModes.OptOut))
        {
            c.Reply.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."u8);
        }
        else
        {
            tracking.Modes |= TrackingModes.CachingGiven;
            c.Reply.Ok();
        }
    }

    [Command("GETREDIR", Container = "CLIENT", Arity = 2, Flags = Usual | CommandFlags.AllowBusy, Group = CommandGroup.Connection,
        Since = "6.0.0", Complexity = "O(1)", Summary = "Tells which client gets the messages of this one's tracking.")]
    public static void GetRedirection(CommandContext c) => c.Reply.Integer(ClientReport.RedirectId(c.Client));

    [Command("TRACKINGINFO", Container = "CLIENT", Arity = 2, Flags = Usual, Group = CommandGroup.Connection, Since = "6.2.0",
        Complexity = "O(1)", Summary = "Tells how this connection tracks keys.")]
    public static void Info(CommandContext c)
    {
        ClientTracking? tracking = c.Client.Tracking;
        c.Reply.Map(3);
        c.Reply.Bulk("flags"u8);
        WriteFlags(c.Reply, tracking?.Modes ?? TrackingModes.None);
        c.Reply.Bulk("redirect"u8);
        c.Reply.Integer(ClientReport.RedirectId(c.Client));
        c.Reply.Bulk("prefixes"u8);
        c.Reply.Array(tracking?.Prefixes.Count ?? 0);
        foreach (FollowedPrefix followed in tracking?.Prefixes ?? []) c.Reply.Bulk(followed.Prefix.Name);
    }

    private static void Enable(CommandContext c, TrackingOptions options)
    {
        c.Engine.Tracking.Enable(c.Client, options.Modes, options.RedirectId);
        if ((options.Modes & TrackingModes.Broadcast) == 0) return;
        if (options.Prefixes.Count == 0) c.Engine.Tracking.Follow(c.Client, []);
        foreach (int prefix in options.Prefixes) c.Engine.Tracking.Follow(c.Client, c.Arg(prefix));
    }

    private static void WriteFlags(ReplyWriter reply, TrackingModes modes)
    {
        DeferredHeader header = reply.BeginDeferred();
        int count = 0;
        bool isGiven = (modes & TrackingModes.CachingGiven) != 0;
        Write((modes & TrackingModes.On) != 0 ? "on"u8 : "off"u8, true);
        Write("bcast"u8, (modes & TrackingModes.Broadcast) != 0);
        Write("optin"u8, (modes & TrackingModes.OptIn) != 0);
        Write("caching-yes"u8, isGiven && (modes & TrackingModes.OptIn) != 0);
        Write("optout"u8, (modes & TrackingModes.OptOut) != 0);
        Write("caching-no"u8, isGiven && (modes & TrackingModes.OptOut) != 0);
        Write("noloop"u8, (modes & TrackingModes.NoLoop) != 0);
        Write("broken_redirect"u8, (modes & TrackingModes.RedirectBroken) != 0);
        reply.EndDeferredSet(header, count);

        void Write(ReadOnlySpan<byte> word, bool isInForce)
        {
            if (!isInForce) return;
            reply.Bulk(word);
            count++;
        }
    }
}
