using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli;

/// <summary>What the tool does instead of sending commands, in the order in which it looks for it.</summary>
internal enum CliMode
{
    /// <summary>Measures how long PING takes.</summary>
    Latency,

    /// <summary>The same as a spectrum of colours.</summary>
    LatencySpectrum,

    /// <summary>Sends what comes from the standard input as it is.</summary>
    Pipe,

    /// <summary>Looks for keys with many elements.</summary>
    BigKeys,

    /// <summary>Looks for keys that take much memory.</summary>
    MemoryKeys,

    /// <summary>Looks for keys that are used often.</summary>
    HotKeys,

    /// <summary>Shows figures of the server again and again.</summary>
    Statistics,

    /// <summary>Lists keys.</summary>
    Scan,

    /// <summary>Uses the server as a cache.</summary>
    LruTest,

    /// <summary>Measures how long the system keeps a process waiting.</summary>
    IntrinsicLatency,

    /// <summary>Shows the hint for a beginning of a command.</summary>
    TestHint,

    /// <summary>Compares hints with those in a file.</summary>
    TestHintFile,

    /// <summary>Sends a script.</summary>
    Eval,

    /// <summary>Sends commands, from the command line or one line after the other.</summary>
    Commands,
}

/// <summary>What the command line says.</summary>
internal sealed class CliOptions
{
    /// <summary>Where the server is.</summary>
    public ConnectionOptions Connection { get; } = new();

    /// <summary>What to do.</summary>
    public CliMode Mode { get; private set; } = CliMode.Commands;

    /// <summary>How often a command is sent; negative for without end.</summary>
    public long Repeat { get; set; } = 1;

    /// <summary>How long to wait in between.</summary>
    public TimeSpan Interval { get; set; }

    /// <summary>Whether the last argument comes from the standard input.</summary>
    public bool LastArgumentFromInput { get; set; }

    /// <summary>The argument that is replaced by what comes from the standard input.</summary>
    public byte[]? InputTag { get; set; }

    /// <summary>Whether to ask for the password.</summary>
    public bool AskPassword { get; set; }

    /// <summary>Whether arguments are quoted strings.</summary>
    public bool QuotedInput { get; set; }

    /// <summary>How replies are shown.</summary>
    public OutputMode Output { get; set; }

    /// <summary>Delimiters of raw output.</summary>
    public ReplyFormat Format { get; } = new();

    /// <summary>Whether messages that answer no command are shown.</summary>
    public bool ShowPushes { get; set; }

    /// <summary>Whether RESP2 was asked for.</summary>
    public bool Resp2 { get; set; }

    /// <summary>Whether RESP3 was asked for.</summary>
    public bool Resp3 { get; set; }

    /// <summary>Whether RESP3 is wanted where the server has it.</summary>
    public bool PreferResp3 { get; set; }

    /// <summary>Whether an error ends the process with an exit code of its own.</summary>
    public bool ExitOnError { get; set; }

    /// <summary>Whether to be silent on passwords among the arguments.</summary>
    public bool NoAuthWarning { get; set; }

    /// <summary>Whether tests of hints tell about each.</summary>
    public bool Verbose { get; set; }

    /// <summary>Whether -4 was given.</summary>
    public bool PreferIPv4 { get; set; }

    /// <summary>Which keys to look at; null for all.</summary>
    public byte[]? Pattern { get; set; }

    /// <summary>How many keys SCAN is asked for.</summary>
    public int Count { get; set; } = 10;

    /// <summary>Which type of keys to list; null for all.</summary>
    public byte[]? KeyType { get; set; }

    /// <summary>How many elements of a value are measured; 0 for as many as the server likes.</summary>
    public int MemorySamples { get; set; }

    /// <summary>How many hot keys to find.</summary>
    public int HotKeys { get; set; }

    /// <summary>How many seconds to wait for the last reply; 0 for as long as it takes.</summary>
    public int PipeTimeoutSeconds { get; set; } = 30;

    /// <summary>How many keys the cache test uses.</summary>
    public long LruTestKeys { get; set; }

    /// <summary>How long to measure the system.</summary>
    public int IntrinsicSeconds { get; set; }

    /// <summary>Whether the spectrum is grey.</summary>
    public bool MonochromeSpectrum { get; set; }

    /// <summary>Whether latencies are shown interval by interval.</summary>
    public bool LatencyHistory { get; set; }

    /// <summary>File or text that a mode works on.</summary>
    public string ModeArgument { get; set; } = "";

    /// <summary>The arguments behind the options.</summary>
    public byte[][] Command { get; set; } = [];

    /// <summary>Asks for a mode; of several the one that comes first in the order of modes wins.</summary>
    public void Choose(CliMode mode)
    {
        if (mode < Mode) Mode = mode;
    }
}
