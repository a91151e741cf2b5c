using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli;

/// <summary>Reads the command line; what is wrong with it, and what only prints something, ends the process.</summary>
internal sealed class OptionParser
{
    private const int DefaultHotKeys = 16;

    private static readonly string[] MissingValueOptions =
        ["--replica", "--slave", "--rdb", "--functions-rdb", "-c", "--ldb", "--ldb-sync-mode", "--rdma"];

    private readonly CliConsole _console;
    private readonly string[] _arguments;
    private readonly byte[][] _raw;
    private readonly CliOptions _options;
    private int _index;

    private OptionParser(CliConsole console, string[] arguments, byte[][] raw)
    {
        _console = console;
        _arguments = arguments;
        _raw = raw;
        bool isTerminal = CliConsole.OutputIsTerminal;
        _options = new CliOptions { Output = isTerminal ? OutputMode.Standard : OutputMode.Raw, ShowPushes = isTerminal };
    }

    private bool IsLast => _index == _arguments.Length - 1;

    private ConnectionOptions Connection => _options.Connection;

    /// <summary>Reads the arguments, given as text and as bytes.</summary>
    /// <exception cref="ExitException">There is nothing more to do.</exception>
    public static CliOptions Parse(CliConsole console, string[] arguments, byte[][] raw)
    {
        var parser = new OptionParser(console, arguments, raw);
        try
        {
            parser.ReadAll();
        }
        catch (OptionException e)
        {
            throw ExitException.Failure(e.Message);
        }
        parser.Check();
        parser.ReadEnvironment();
        return parser._options;
    }

    private void ReadAll()
    {
        for (; _index < _arguments.Length; _index++)
        {
            string name = _arguments[_index];
            if (ReadFlag(name) || TlsOptions.TryReadArgument(_arguments, ref _index, Connection)) continue;
            if (!IsLast && (ReadConnection(name) || ReadValue(name) || ReadModeWithValue(name)))
            {
                _index++;
                continue;
            }
            if (!name.StartsWith('-')) break;
            RefuseMissing(name);
            throw ExitException.Failure($"Unrecognized option or bad number of args for: '{name}'");
        }
        _options.Command = _raw[_index..];
    }

    private bool ReadFlag(string name)
    {
        switch (name)
        {
            case "-h" when IsLast:
            case "--help": throw Print(Usage.Text);
            case "-v":
            case "--version": throw Print($"{Usage.ToolName} {Usage.Version}\n");
            case "-x": _options.LastArgumentFromInput = true; return true;
            case "--no-auth-warning": _options.NoAuthWarning = true; return true;
            case "--askpass": _options.AskPassword = true; return true;
            case "--raw": _options.Output = OutputMode.Raw; return true;
            case "--no-raw": _options.Output = OutputMode.Standard; return true;
            case "--csv": _options.Output = OutputMode.Csv; return true;
            case "--json": return SetJson(OutputMode.Json);
            case "--quoted-json": return SetJson(OutputMode.QuotedJson);
            case "--quoted-input": _options.QuotedInput = true; return true;
            case "-e": _options.ExitOnError = true; return true;
            case "--verbose": _options.Verbose = true; return true;
            case "-2": _options.Resp2 = true; return true;
            case "-3": _options.Resp3 = true; return true;
            case "-4": _options.PreferIPv4 = true; return true;
            case "-6": Connection.PreferIPv6 = true; return true;
            case "--mptcp": Connection.Multipath = true; return true;
            default: return ReadMode(name);
        }
    }

    private bool ReadMode(string name)
    {
        switch (name)
        {
            case "--latency": return Choose(CliMode.Latency);
            case "--latency-history":
                _options.LatencyHistory = true;
                return Choose(CliMode.Latency);
            case "--latency-dist": return Choose(CliMode.LatencySpectrum);
            case "--mono": _options.MonochromeSpectrum = true; return true;
            case "--stat": return Choose(CliMode.Statistics);
            case "--scan": return Choose(CliMode.Scan);
            case "--pipe": return Choose(CliMode.Pipe);
            case "--bigkeys": return Choose(CliMode.BigKeys);
            case "--memkeys": return Choose(CliMode.MemoryKeys);
            case "--hotkeys":
                _options.HotKeys = DefaultHotKeys;
                return Choose(CliMode.HotKeys);
            default: return false;
        }
    }

    private bool ReadConnection(string name)
    {
        byte[] value = _raw[_index + 1];
        string text = _arguments[_index + 1];
        switch (name)
        {
            case "-h": Connection.Host = text; return true;
            case "-p": Connection.SetPort(text); return true;
            case "-t": Connection.SetConnectTimeout(text); return true;
            case "-s": Connection.UnixSocket = text; return true;
            case "-n": Connection.Database = CNumber.ParseInt32(text); return true;
            case "-a" or "--pass": Connection.Password = value; return true;
            case "--user": Connection.User = value; return true;
            case "-u": ServerUri.Apply(value, Connection); return true;
            default: return false;
        }
    }

    private bool ReadValue(string name)
    {
        byte[] value = _raw[_index + 1];
        string text = _arguments[_index + 1];
        switch (name)
        {
            case "-X": _options.InputTag = value; return true;
            case "-r": _options.Repeat = CNumber.ParseInt64(text, out _); return true;
            case "-i": _options.Interval = TimeSpan.FromMicroseconds((long)(CNumber.ParseDouble(text, out _) * 1000000)); return true;
            case "-d": _options.Format.PartDelimiter = value; return true;
            case "-D": _options.Format.ReplyDelimiter = value; return true;
            case "--pattern": _options.Pattern = value; return true;
            case "--count": _options.Count = CNumber.ParseInt32(text); return true;
            case "--type": _options.KeyType = value; return true;
            case "--quoted-pattern":
                _options.Pattern = ArgumentList.Unquote(value) ?? throw ExitException.Failure("Invalid quoted string specified for --quoted-pattern.");
                return true;
            case "--pipe-timeout": _options.PipeTimeoutSeconds = CNumber.ParseInt32(text); return true;
            case "--show-pushes":
                SetShowPushes(text);
                return true;
            default: return false;
        }
    }

    private bool ReadModeWithValue(string name)
    {
        string text = _arguments[_index + 1];
        switch (name)
        {
            case "--memkeys-samples":
                _options.MemorySamples = CNumber.ParseInt32(text);
                return Choose(CliMode.MemoryKeys);
            case "--hotkeys-count":
                _options.HotKeys = Math.Max(0, CNumber.ParseInt32(text));
                return Choose(CliMode.HotKeys);
            case "--lru-test":
                _options.LruTestKeys = CNumber.ParseInt64(text, out _);
                return Choose(CliMode.LruTest);
            case "--intrinsic-latency":
                _options.IntrinsicSeconds = CNumber.ParseInt32(text);
                return Choose(CliMode.IntrinsicLatency);
            case "--eval": return Choose(CliMode.Eval, text);
            case "--test_hint": return Choose(CliMode.TestHint, text);
            case "--test_hint_file": return Choose(CliMode.TestHintFile, text);
            default: return false;
        }
    }

    private bool Choose(CliMode mode, string argument = "")
    {
        _options.Choose(mode);
        if (_options.Mode == mode) _options.ModeArgument = argument;
        return true;
    }

    private bool SetJson(OutputMode mode)
    {
        _options.PreferResp3 = true;
        _options.Output = mode;
        return true;
    }

    private void SetShowPushes(string text)
    {
        if (text.StartsWith('n') || text.StartsWith('N')) _options.ShowPushes = false;
        else if (text.StartsWith('y') || text.StartsWith('Y')) _options.ShowPushes = true;
        else _console.Error($"Unknown --show-pushes value '{text}' (valid: '[y]es', '[n]o')");
    }

    /// <summary>Options of Valkey's tool for what this one cannot do.</summary>
    private static void RefuseMissing(string name)
    {
        if (Array.IndexOf(MissingValueOptions, name) < 0 && !name.StartsWith("--cluster", StringComparison.Ordinal)) return;
        throw ExitException.Failure($"{Usage.ToolName} cannot do {name} yet: clusters, replicas and the Lua debugger are still to come.");
    }

    private void Check()
    {
        if (_options.Resp2 && _options.Resp3) throw ExitException.Failure("Options -2 and -3 are mutually exclusive.");
        if (!_options.NoAuthWarning && Connection.Password is not null)
            _console.Error("Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.");
        if (_options.LastArgumentFromInput && _options.InputTag is not null) throw ExitException.Failure("Options -x and -X are mutually exclusive.");
        if (_options.PreferIPv4 && Connection.PreferIPv6) throw ExitException.Failure("Options -4 and -6 are mutually exclusive.");
        if (Connection.Multipath && Connection.UnixSocket is not null) throw ExitException.Failure("Options --mptcp is only supported by TCP.");
    }

    private void ReadEnvironment()
    {
        string? password = Environment.GetEnvironmentVariable("VALKEYCLI_AUTH") ?? Environment.GetEnvironmentVariable("REDISCLI_AUTH");
        if (password is not null) Connection.Password ??= System.Text.Encoding.UTF8.GetBytes(password);
    }

    private ExitException Print(string text)
    {
        _console.Print(text);
        return new ExitException(0);
    }
}
