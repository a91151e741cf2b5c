using Sigrun.Client;

namespace Sigrun.Benchmark;

/// <summary>What the user wants to have measured, and how to show it. The defaults are those of Valkey's tool.</summary>
internal sealed class BenchmarkOptions
{
    /// <summary>Requests of a test where nothing else is said.</summary>
    private const int DefaultRequests = 100_000;

    /// <summary>Where the server is and how to log in there.</summary>
    public ConnectionOptions Server { get; } = new();

    /// <summary>Connections.</summary>
    public int Clients { get; set; } = 50;

    /// <summary>Requests of a test; null for the default.</summary>
    public int? WantedRequests { get; set; }

    /// <summary>Requests of a test.</summary>
    public int Requests => WantedRequests ?? DefaultRequests;

    /// <summary>How long a test lasts; 0 until its requests are done.</summary>
    public int DurationSeconds { get; set; }

    /// <summary>How long requests are sent before any is counted.</summary>
    public int WarmupSeconds { get; set; }

    /// <summary>False to make a new connection for every pipeline.</summary>
    public bool KeepsAlive { get; set; } = true;

    /// <summary>Bytes of a value.</summary>
    public int DataSize { get; set; } = 3;

    /// <summary>Commands, or sequences of them, that are sent at once.</summary>
    public int Pipeline { get; set; } = 1;

    /// <summary>Numbers that take the places of placeholders are below it; null leaves placeholders as they are.</summary>
    public int? Keyspace { get; set; }

    /// <summary>True for numbers one after the other in place of random ones.</summary>
    public bool IsSequential { get; set; }

    /// <summary>True for one line per test.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>True for figures that programs read.</summary>
    public bool IsCsv { get; set; }

    /// <summary>True to begin again after the last test.</summary>
    public bool Loops { get; set; }

    /// <summary>True for connections that do nothing.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Names of the tests that are run; null for all.</summary>
    public string[]? Tests { get; set; }

    /// <summary>True when the last argument of the command comes from the standard input.</summary>
    public bool ReadsLastArgument { get; set; }

    /// <summary>Decimal digits to which latencies are exact.</summary>
    public int Precision { get; set; } = 3;

    /// <summary>Threads; 0 is one that nobody has asked for.</summary>
    public int Threads { get; set; }

    /// <summary>True to have the server remember what connections read.</summary>
    public bool EnablesTracking { get; set; }

    /// <summary>Functions of the library that the test of loading loads.</summary>
    public int Functions { get; set; } = 10;

    /// <summary>Keys that are passed to a function.</summary>
    public int KeysInCall { get; set; } = 1;

    /// <summary>True for the third version of the protocol.</summary>
    public bool UsesResp3 { get; set; }

    /// <summary>Requests per second that are not exceeded; 0 for no limit.</summary>
    public int RequestsPerSecond { get; set; }

    /// <summary>Where random numbers start; null for a start of its own each time.</summary>
    public int? Seed { get; set; }

    /// <summary>The command, or several with semicolons between them, that is measured instead of the tests.</summary>
    public byte[][] Command { get; set; } = [];

    /// <summary>Whether one of the names of a test has been asked for.</summary>
    public bool Selects(params ReadOnlySpan<string> names)
    {
        if (Tests is null) return true;
        foreach (string name in names)
        {
            if (Array.IndexOf(Tests, name) >= 0) return true;
        }
        return false;
    }
}
