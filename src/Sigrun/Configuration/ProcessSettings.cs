using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>What concerns the process and the engine as a whole.</summary>
internal sealed class ProcessSettings
{
    private const int HzMin = 1;
    private const int HzMax = 500;

    /// <summary>Number of databases.</summary>
    public int Databases = 16;

    /// <summary>Turns of the housekeeping per second, 1 to 500.</summary>
    public int Hz = 10;

    /// <summary>Text the hash functions are seeded from; null is random.</summary>
    public string? HashSeed;

    /// <summary>Time after which a running script is reported as busy.</summary>
    public long BusyReplyThresholdMs = 5000;

    /// <summary>Give scripts the deprecated functions.</summary>
    public bool LuaEnableInsecureApi;

    /// <summary>Leave the terminal and run in the background.</summary>
    public bool Daemonize;

    /// <summary>Who started the process and waits to hear that it is ready.</summary>
    public SupervisedMode Supervised = SupervisedMode.No;

    /// <summary>File the process id is written to; null writes none.</summary>
    public string? PidFile;

    /// <summary>Show the state in the process title.</summary>
    public bool SetProcessTitle = true;

    /// <summary>Shape of that title.</summary>
    public string? ProcessTitleTemplate = "{title} {listen-addr} {server-mode}";

    /// <summary>How SIGINT ends the server.</summary>
    public ShutdownOptions ShutdownOnSigint;

    /// <summary>How SIGTERM ends the server.</summary>
    public ShutdownOptions ShutdownOnSigterm;

    /// <summary>Longest wait for replicas at shutdown.</summary>
    public int ShutdownTimeoutSeconds = 10;

    /// <summary>Whether the kernel's out-of-memory score is adjusted.</summary>
    public OomScoreAdjust OomScoreAdjust;

    /// <summary>Out-of-memory scores of a primary, a replica and a background job.</summary>
    public int[] OomScoreAdjustValues = [0, 200, 800];

    /// <summary>Processors of the engine and its I/O threads.</summary>
    public string? ServerCpuList;

    /// <summary>Processors of the background threads.</summary>
    public string? BackgroundCpuList;

    /// <summary>Processors of an append-only file rewrite.</summary>
    public string? AofRewriteCpuList;

    /// <summary>Processors of a snapshot.</summary>
    public string? SnapshotCpuList;

    /// <summary>Start-up warnings that do not stop the start.</summary>
    public string? IgnoreWarnings = "";

    /// <summary>Order of strings in SORT with ALPHA.</summary>
    public string? LocaleCollate = "";

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Int(Works, "databases", static s => ref s.Process.Databases, 1, int.MaxValue, flags: Immutable);
        table.Int(Works, "hz", static s => ref s.Process.Hz, 0, int.MaxValue, normalize: static hz => Math.Clamp(hz, HzMin, HzMax));
        table.OptionalText(Works, "hash-seed", static s => ref s.Process.HashSeed, flags: Immutable, check: static value => DirectiveChecks.HashSeed(value));
        table.Long(Tuning, "busy-reply-threshold", static s => ref s.Process.BusyReplyThresholdMs, 0, long.MaxValue,
            alias: "lua-time-limit");
        table.Bool(Tuning, "lua-enable-insecure-api", static s => ref s.Process.LuaEnableInsecureApi,
            alias: "lua-enable-deprecated-api", flags: Hidden | Protected);
        table.Bool(Works, "daemonize", static s => ref s.Process.Daemonize, flags: Immutable);
        table.Word(Works, "supervised", static s => (int)s.Process.Supervised,
            static (s, v) => s.Process.Supervised = (SupervisedMode)v, Words.Supervised, flags: Immutable);
        table.OptionalText(Works, "pidfile", static s => ref s.Process.PidFile, flags: Immutable);
        table.Bool(Works, "set-proc-title", static s => ref s.Process.SetProcessTitle, flags: Immutable);
        table.Text(Works, "proc-title-template", static s => ref s.Process.ProcessTitleTemplate, check: static value => DirectiveChecks.ProcessTitle(value));
        table.Word(Works, "shutdown-on-sigint", static s => (int)s.Process.ShutdownOnSigint,
            static (s, v) => s.Process.ShutdownOnSigint = (ShutdownOptions)v, Words.Shutdown, flags: MultipleArguments,
            check: static value => DirectiveChecks.Shutdown(value));
        table.Word(Works, "shutdown-on-sigterm", static s => (int)s.Process.ShutdownOnSigterm,
            static (s, v) => s.Process.ShutdownOnSigterm = (ShutdownOptions)v, Words.Shutdown, flags: MultipleArguments,
            check: static value => DirectiveChecks.Shutdown(value));
        table.Int(Tuning, "shutdown-timeout", static s => ref s.Process.ShutdownTimeoutSeconds, 0, int.MaxValue);
        table.Word(Works, "oom-score-adj", static s => (int)s.Process.OomScoreAdjust,
            static (s, v) => s.Process.OomScoreAdjust = (OomScoreAdjust)v, Words.OomScoreAdjust);
        table.Add(new OomScoreValuesDirective());
        table.OptionalText(Works, "server-cpulist", static s => ref s.Process.ServerCpuList, alias: "server_cpulist",
            flags: Immutable);
        table.OptionalText(Works, "bio-cpulist", static s => ref s.Process.BackgroundCpuList, alias: "bio_cpulist", flags: Immutable);
        table.OptionalText(Works, "aof-rewrite-cpulist", static s => ref s.Process.AofRewriteCpuList,
            alias: "aof_rewrite_cpulist", flags: Immutable);
        table.OptionalText(Works, "bgsave-cpulist", static s => ref s.Process.SnapshotCpuList, alias: "bgsave_cpulist",
            flags: Immutable);
        table.Text(Tuning, "ignore-warnings", static s => ref s.Process.IgnoreWarnings);
        table.Text(Works, "locale-collate", static s => ref s.Process.LocaleCollate);
    }
}
