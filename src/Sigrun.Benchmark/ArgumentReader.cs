using Sigrun.Client;

namespace Sigrun.Benchmark;

/// <summary>An argument that is no option, or one whose value is missing: the text on how to use the tool follows.</summary>
internal sealed class InvalidArgumentException(string argument) : Exception($"Invalid option \"{argument}\" or option argument missing");

/// <summary>Somebody asked for help or for the version.</summary>
internal enum Question
{
    /// <summary>Nobody did.</summary>
    None,

    /// <summary>How to use the tool.</summary>
    Help,

    /// <summary>Which version it is.</summary>
    Version,
}

/// <summary>Reads the arguments of the process. Numbers are read as Valkey's tool reads them, with what it makes of wrong ones.</summary>
/// <param name="arguments">The arguments as text.</param>
/// <param name="raw">The same as bytes.</param>
/// <param name="warnings">Where warnings go.</param>
internal sealed class ArgumentReader(string[] arguments, byte[][] raw, TextWriter warnings)
{
    private const int DataSizeMax = 1024 * 1024 * 1024;
    private const int PrecisionMax = 4;
    private const int ThreadsMax = 500;

    private int _index;

    /// <summary>What the user wants.</summary>
    public BenchmarkOptions Options { get; } = new();

    /// <summary>What the user asks instead.</summary>
    public Question Question { get; private set; }

    /// <summary>Reads everything.</summary>
    /// <exception cref="InvalidArgumentException">There is something that is no option.</exception>
    /// <exception cref="OptionException">The value of an option cannot be used.</exception>
    public void Read()
    {
        for (; _index < arguments.Length && Question == Question.None; _index++)
        {
            string argument = arguments[_index];
            if (argument == "--")
            {
                _index++;
                break;
            }
            if (argument.Length == 0 || argument[0] != '-') break;
            if (ReadSwitch(argument) || ReadServer(argument) || ReadLoad(argument) || ReadAmount(argument)
                || TlsOptions.TryReadArgument(arguments, ref _index, Options.Server)) continue;
            Refuse(argument);
            throw new InvalidArgumentException(argument);
        }
        Options.Command = raw[Math.Min(_index, raw.Length)..];
        if (Options.Server is { Multipath: true, UnixSocket: not null }) throw new OptionException("Options --mptcp is only supported by TCP");
    }

    /// <summary>Options without a value.</summary>
    private bool ReadSwitch(string argument)
    {
        switch (argument)
        {
            case "-3": Options.UsesResp3 = true; break;
            case "-x": Options.ReadsLastArgument = true; break;
            case "-q": Options.IsQuiet = true; break;
            case "-l": Options.Loops = true; break;
            case "-I": Options.IsIdle = true; break;
            case "-e": warnings.Write("WARNING: -e has no effect: the first error ends the run, since figures with errors in them mean nothing.\n"); break;
            case "--csv": Options.IsCsv = true; break;
            case "--sequential": Options.IsSequential = true; break;
            case "--enable-tracking": Options.EnablesTracking = true; break;
            case "--mptcp": Options.Server.Multipath = true; break;
            case "--help": Question = Question.Help; break;
            case "-v" or "--version": Question = Question.Version; break;
            default: return false;
        }
        return true;
    }

    /// <summary>Options that say where the server is.</summary>
    private bool ReadServer(string argument)
    {
        switch (argument)
        {
            case "-h": Options.Server.Host = Value(); break;
            case "-p": Options.Server.Port = Port(Number()); break;
            case "-s": Options.Server.UnixSocket = Value(); break;
            case "-a": Options.Server.Password = RawValue(); break;
            case "--user": Options.Server.User = RawValue(); break;
            case "-u": ServerUri.Apply(RawValue(), Options.Server); break;
            case "--dbnum": Options.Server.Database = Number(); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Options that say what is sent.</summary>
    private bool ReadLoad(string argument)
    {
        switch (argument)
        {
            case "-c": Options.Clients = Math.Max(1, Number()); break;
            case "-k": Options.KeepsAlive = Number() != 0; break;
            case "-d": Options.DataSize = Math.Clamp(Number(), 1, DataSizeMax); break;
            case "-P": Options.Pipeline = Math.Max(1, Number()); break;
            case "-r": Options.Keyspace = Keyspace(Value()); break;
            case "-t": Options.Tests = Value().ToLowerInvariant().Split(','); break;
            case "--seed": Options.Seed = Number(); break;
            case "--num-functions": Options.Functions = Number(); break;
            case "--num-keys-in-fcall": Options.KeysInCall = Math.Max(0, Number()); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Options that say how much, how fast and how exactly.</summary>
    private bool ReadAmount(string argument)
    {
        switch (argument)
        {
            case "-n":
                string requests = Value();
                RefuseBoth(Options.DurationSeconds > 0);
                int wanted = CNumber.ParseInt32(requests);
                Options.WantedRequests = wanted < 0 ? null : wanted;
                break;
            case "--duration":
                string seconds = Value();
                RefuseBoth(Options.WantedRequests > 0);
                Options.DurationSeconds = CNumber.ParseInt32(seconds);
                break;
            case "--warmup": Options.WarmupSeconds = Number(); break;
            case "--rps": Options.RequestsPerSecond = Number(); break;
            case "--precision":
                int digits = Number();
                if (digits >= 0) Options.Precision = Math.Clamp(digits, 1, PrecisionMax);
                break;
            case "--threads": Options.Threads = Threads(Number()); break;
            default: return false;
        }
        return true;
    }

    private static void RefuseBoth(bool isOtherGiven)
    {
        if (isOtherGiven) throw new OptionException("Options -n and --duration are mutually exclusive.");
    }

    /// <summary>What Valkey's tool can do and this one cannot.</summary>
    private static void Refuse(string argument)
    {
        string? reason = argument switch
        {
            "--cluster" or "--rfr" => "clusters are not supported yet",
            "--fuzz" or "--fuzz-mode" or "--fuzz-loglevel" => "random commands are not supported",
            "--rdma" => "RDMA is not supported",
            _ => null,
        };
        if (reason is not null) throw new OptionException($"{argument}: {reason}.");
    }

    private string Value() => _index + 1 < arguments.Length ? arguments[++_index] : throw new InvalidArgumentException(arguments[_index]);

    private byte[] RawValue()
    {
        _ = Value();
        return raw[_index];
    }

    private int Number() => CNumber.ParseInt32(Value());

    private static int Port(int number) => number is >= 0 and <= 65535 ? number : throw new OptionException("Invalid server port.");

    private static int Keyspace(string text)
    {
        // A minus sign that no digit follows belongs to the next option: the value is missing.
        if (text is ['-', .. var rest] && (rest.Length == 0 || !char.IsAsciiDigit(rest[0]))) throw new InvalidArgumentException(text);
        return Math.Max(0, CNumber.ParseInt32(text));
    }

    private int Threads(int number)
    {
        if (number > ThreadsMax) warnings.Write($"WARNING: Too many threads, limiting threads to {ThreadsMax}.\n");
        return Math.Clamp(number, 0, ThreadsMax);
    }
}
