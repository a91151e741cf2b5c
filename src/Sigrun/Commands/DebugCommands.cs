using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sigrun.Clients;
using Sigrun.Configuration;
using Sigrun.Keyspace;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>DEBUG: tools for tests and for those who work on the server.</summary>
/// <remarks>
/// DEBUG is one command with words after it, not a container: COMMAND knows no subcommands of it. A tool is a row of
/// <see cref="Tools"/> and a method, here or, where it is more than a few lines, in a class of its own. It is refused
/// unless <c>enable-debug-command</c> allows it, since some tools end the server.
/// </remarks>
internal static class DebugCommands
{
    private static readonly DebugTool[] Tools =
    [
        new("AOF-FLUSH-SLEEP", 3, 3, SetWriteDelay),
        new("ASSERT", 2, int.MaxValue, Assert),
        new("CHANGE-REPL-ID", 2, 2, ChangeReplicationId),
        new("CLIENT-ENFORCE-REPLY-LIST", 3, 3, CountFirstBuffers),
        new("CLIENT-EVICTION", 2, 2, ShowClientMemory),
        new("CONFIG-REWRITE-FORCE-ALL", 2, 2, RewriteConfiguration),
        new("DICT-RESIZING", 3, 3, DebugTables.SetResizing),
        new("DIGEST", 2, 2, DebugDigests.OfAll),
        new("DIGEST-VALUE", 2, int.MaxValue, DebugDigests.OfKeys),
        new("ERROR", 3, 3, Error),
        new("HELP", 2, 2, Help),
        new("HTSTATS", 3, int.MaxValue, DebugTables.OfDatabase),
        new("HTSTATS-KEY", 3, int.MaxValue, DebugTables.OfKey),
        new("LOADAOF", 2, int.MaxValue, LoadAof),
        new("LOG", 3, 3, Log),
        new("OBJECT", 3, 4, Object),
        new("OOM", 2, int.MaxValue, RunOutOfMemory),
        new("PANIC", 2, int.MaxValue, Panic),
        new("PAUSE-CRON", 3, 3, PauseCron),
        new("POPULATE", 3, 5, DebugPopulation.Create),
        new("PROTOCOL", 3, 3, DebugProtocol.Show),
        new("QUICKLIST-PACKED-THRESHOLD", 3, 3, DebugLists.SetPackedThreshold),
        new("RELOAD", 2, int.MaxValue, DebugReload.Run),
        new("REPLYBUFFER", 4, 4, SetReplyBufferResizing),
        new("SEGFAULT", 2, int.MaxValue, Fault),
        new("SET-ACTIVE-EXPIRE", 3, 3, SetActiveExpire),
        new("SET-SKIP-CHECKSUM-VALIDATION", 3, 3, SetSkipChecksumValidation),
        new("SLEEP", 3, 3, Sleep),
    ];

    private static ReadOnlySpan<byte> HelpText =>
        """
        AOF-FLUSH-SLEEP <microsec>
            Holds the server up before each write to the append-only file.
        ASSERT
            Ends the server as a broken invariant would.
        CHANGE-REPL-ID
            Gives the history of the data another id.
        CLIENT-ENFORCE-REPLY-LIST <0|1>
            Whether limits of output also count the first buffer of a client.
        CLIENT-EVICTION
            The groups by size in which maxmemory-clients looks for clients to close.
        CONFIG-REWRITE-FORCE-ALL
            Writes all settings to the configuration file, those that are the default too.
        DICT-RESIZING <0|1>
            Whether the tables of keys that there are grow and shrink with the number of keys.
        DIGEST
            A signature of all data, the same for equal data on any server.
        DIGEST-VALUE [<key> ...]
            Signatures of the values of the keys.
        ERROR <message>
            Replies the message as an error.
        HTSTATS <dbid> [full]
            Figures on the hash tables of a database.
        HTSTATS-KEY <key> [full]
            Figures on the hash table that holds a value.
        LOADAOF
            Empties the data set and loads the append-only file.
        LOG <message>
            Writes the message to the log.
        OBJECT <key> [fast]
            Tells how a value is kept; with 'fast' leaves out what takes time.
        OOM
            Ends the server as one that cannot get memory would.
        PANIC
            Ends the server as a failure that cannot be handled would.
        PAUSE-CRON <0|1>
            Holds up, or lets go on, what the server does by time.
        POPULATE <count> [<prefix>] [<size>]
            Makes strings named <prefix>:<number>, where there is none of the name;
            the prefix is 'key' unless given. Replicas do not get them.
        PROTOCOL <type>
            Replies a sample of a type of the protocol: string, integer, double,
            bignum, null, array, set, map, attrib, push, verbatim, true, false.
        QUICKLIST-PACKED-THRESHOLD <size>
            The length from which on elements of lists get a node of their own;
            0 for the one that goes with the configuration.
        RELOAD [option ...]
            Saves all data to the snapshot file and loads it again. MERGE: a key of
            the file takes the place of one of its name; NOFLUSH: present data
            stays; NOSAVE: the file is loaded as it is.
        REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|<milliseconds>>
        REPLYBUFFER RESIZING <0|1>
            How buffers of replies are resized while clients are idle; they never are.
        SEGFAULT
            Ends the server by an access to memory that it does not have.
        SET-ACTIVE-EXPIRE <0|1>
            Whether expired keys are removed before somebody asks for them.
        SET-SKIP-CHECKSUM-VALIDATION <0|1>
            Whether the checksums of payloads are taken for granted.
        SLEEP <seconds>
            Holds the server up; fractions are allowed.
        """u8;

    [Command("DEBUG", Arity = -2,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.Protected,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "Varies by subcommand", DocFlags = CommandDocFlags.SysCmd,
        Summary = "Tools for tests and for those who work on the server.")]
    public static void Debug(CommandContext c)
    {
        foreach (DebugTool tool in Tools)
        {
            if (c.ArgCount < tool.ArgumentsMin || c.ArgCount > tool.ArgumentsMax || !Ascii.EqualsIgnoreCase(c.Arg(1), tool.Name)) continue;
            tool.Run(c);
            return;
        }
        c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
    }

    private static void Assert(CommandContext c) => throw EngineFailureException.Assertion("DEBUG ASSERT was not called");

    private static void Panic(CommandContext c) =>
        throw EngineFailureException.Panic($"DEBUG PANIC called at Unix time {c.NowMs / 1000}");

    private static void Fault(CommandContext c) => MemoryFault.Raise();

    private static void RunOutOfMemory(CommandContext c)
    {
        c.Engine.Log.Warning($"Out Of Memory allocating {long.MaxValue} bytes!");
        throw EngineFailureException.Panic($"{ServerIdentity.Name} aborting for OUT OF MEMORY. Allocating {long.MaxValue} bytes!");
    }

    private static void SetWriteDelay(CommandContext c)
    {
        if (c.Engine.AppendOnlyFile is { } file) file.WriteDelayMicros = Utf8Parser.TryParse(c.Arg(2), out int micros, out _) ? micros : 0;
        c.Reply.Ok();
    }

    private static void ChangeReplicationId(CommandContext c)
    {
        c.Engine.ChangeReplicationId();
        c.Engine.Log.Notice("Changing replication IDs after receiving DEBUG change-repl-id");
        c.Reply.Ok();
    }

    private static void RewriteConfiguration(CommandContext c)
    {
        string? reason = c.Engine.Configuration?.ConfigFile is null ? "No such file or directory" : new ConfigurationFileUpdate(c.Engine).Run(writesAll: true);
        if (reason is null) c.Reply.Ok();
        else c.Reply.Error("ERR CONFIG-REWRITE-FORCE-ALL failed: " + reason);
    }

    private static void ShowClientMemory(CommandContext c)
    {
        if (c.Engine.Settings.Network.MaxMemoryClients == 0) c.Reply.Error("ERR maxmemory-clients is disabled."u8);
        else c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(c.Engine.ClientMemory.Describe()));
    }

    private static void CountFirstBuffers(CommandContext c)
    {
        c.Engine.OutputLimits.CountsFirstBuffer = IsSwitchedOn(c.Arg(2));
        c.Reply.Ok();
    }

    /// <summary>How buffers of replies change their size between uses: they have one size, so that there is nothing to be set.</summary>
    private static void SetReplyBufferResizing(CommandContext c)
    {
        if (c.ArgIs(2, "resizing"u8) || (c.ArgIs(2, "peak-reset-time"u8) && IsPeakResetTime(c))) c.Reply.Ok();
        else if (c.ArgIs(2, "peak-reset-time"u8)) c.Reply.Error(CommandErrors.NotAnInteger);
        else c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
    }

    private static bool IsPeakResetTime(CommandContext c) =>
        c.ArgIs(3, "never"u8) || c.ArgIs(3, "reset"u8) || Sigrun.Storage.NumberText.TryParseInt64(c.Arg(3), out _);

    /// <summary>An error as the client gave it, which counts as no failure of the command.</summary>
    private static void Error(CommandContext c)
    {
        byte[] line = [(byte)'-', .. c.Arg(2)];
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        c.Reply.Raw(line);
        c.Reply.Raw("\r\n"u8);
    }

    private static void LoadAof(CommandContext c)
    {
        if (c.Engine.Executor.IsInTransaction)
        {
            c.Reply.Error("ERR DEBUG LOADAOF is not allowed in transactions"u8);
            return;
        }
        // What is loaded runs through the same context.
        ClientSession client = c.Client;
        CommandBatch batch = client.Batch!;
        AofLoadResult result = c.Engine.AppendOnlyFile?.Reload() ?? AofLoadResult.Failed;
        c.Enter(client, batch);
        c.Bind(batch[batch.Executed - 1]);
        if (result is not (AofLoadResult.Ok or AofLoadResult.Empty))
        {
            c.Reply.Error("ERR Error trying to load the AOF files, check server logs."u8);
            return;
        }
        c.HasWritten = true;
        c.SuppressEffects();
        c.Engine.Dirty = 0;
        c.Engine.Log.Notice("Append Only File loaded by DEBUG LOADAOF");
        c.Reply.Ok();
    }

    /// <summary>A line in the log, which is there when the reply is.</summary>
    private static void Log(CommandContext c)
    {
        c.Engine.Log.Warning("DEBUG LOG: " + Encoding.UTF8.GetString(CommandErrors.UpToNul(c.Arg(2))));
        c.Engine.Log.Flush();
        c.Reply.Ok();
    }

    /// <summary>What is known of a value, expired or not.</summary>
    private static void Object(CommandContext c)
    {
        KeyRef key = c.Key(2);
        EntryRef entry = c.Db.Keys.Find(key.Hash, key.Bytes);
        if (entry.IsNull)
        {
            c.Reply.Error(CommandErrors.NoSuchKey);
            return;
        }
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Value at:0x{entry.Address:x} refcount:1 encoding:");
        text.Append(Encoding.ASCII.GetString(ValueTypes.EncodingName(entry.Encoding)));
        bool isFast = c.ArgCount == 4 && c.ArgIs(3, "fast"u8);
        if (!isFast)
        {
            text.Append(CultureInfo.InvariantCulture, $" serializedlength:{c.Engine.Dumps.SavedLength(entry)}");
            c.Engine.Dumps.Release();
        }
        AccessClock clock = c.Engine.AccessClock;
        uint use = entry.Lru;
        if (clock.IsLfu) text.Append(CultureInfo.InvariantCulture, $" lfu_freq:{clock.Frequency(use)} lfu_access_time_minutes:{use >> 8}");
        else text.Append(CultureInfo.InvariantCulture, $" lru:{use} lru_seconds_idle:{clock.IdleSeconds(use)}");
        if (entry.Encoding == EntryEncoding.QuickList) DebugLists.Describe(entry, isFast, text);
        c.Reply.SimpleString(Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static void PauseCron(CommandContext c)
    {
        c.Engine.Cron.IsPaused = IsSwitchedOn(c.Arg(2));
        c.Reply.Ok();
    }

    private static void SetActiveExpire(CommandContext c)
    {
        c.Engine.Expiry.IsEnabled = IsSwitchedOn(c.Arg(2));
        c.Reply.Ok();
    }

    private static void SetSkipChecksumValidation(CommandContext c)
    {
        c.Engine.Dumps.SkipsChecksum = IsSwitchedOn(c.Arg(2));
        c.Reply.Ok();
    }

    /// <summary>Holds the engine up, as a slow command would.</summary>
    private static void Sleep(CommandContext c)
    {
        if (Utf8Parser.TryParse(c.Arg(2), out double seconds, out _) && seconds > 0)
        {
            var watch = Stopwatch.StartNew();
            Thread.Sleep((int)Math.Min(seconds * 1000, int.MaxValue));
            while (watch.Elapsed.TotalSeconds < seconds) Thread.SpinWait(16);
        }
        c.Reply.Ok();
    }

    /// <summary>A number other than 0, where only the beginning counts and no number is 0.</summary>
    internal static bool IsSwitchedOn(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out int value, out _) && value != 0;

    private static void Help(CommandContext c) => HelpReply.Write(c.Reply, "DEBUG"u8, HelpText);

    /// <summary>A word after DEBUG, and what it does.</summary>
    /// <param name="Name">The word.</param>
    /// <param name="ArgumentsMin">Least arguments, DEBUG and the word included.</param>
    /// <param name="ArgumentsMax">Most arguments.</param>
    /// <param name="Run">The handler.</param>
    private sealed record DebugTool(string Name, int ArgumentsMin, int ArgumentsMax, Action<CommandContext> Run);
}
