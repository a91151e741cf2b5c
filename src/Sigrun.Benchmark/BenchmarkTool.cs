using System.Net;
using System.Net.Sockets;
using System.Text;
using Sigrun.Client;
using Sigrun.Storage;

namespace Sigrun.Benchmark;

/// <summary>The tool: reads the arguments, asks the server how it is set up, and runs one test after the other.</summary>
internal sealed class BenchmarkTool(TextWriter output, TextWriter errors, Func<byte[]> readInput)
{
    private readonly RandomText _values = new();

    /// <summary>Counters of sequential numbers; they go on from test to test.</summary>
    private readonly long[] _counters = new long[RequestTemplate.PlaceholderKinds];

    private BenchmarkOptions _options = new();
    private ServerSettings? _server;
    private ulong _seed;

    /// <summary>Runs; the exit code.</summary>
    /// <param name="arguments">The arguments as text.</param>
    /// <param name="raw">The same as bytes.</param>
    public int Run(string[] arguments, byte[][] raw)
    {
        try
        {
            var reader = new ArgumentReader(arguments, raw, errors);
            reader.Read();
            _options = reader.Options;
            switch (reader.Question)
            {
                case Question.Help: output.Write(HelpText.Usage); break;
                case Question.Version: output.Write($"sigrun-benchmark {typeof(BenchmarkTool).Assembly.GetName().Version!.ToString(3)}\n"); break;
                default: RunAll(); break;
            }
            return 0;
        }
        catch (InvalidArgumentException e)
        {
            output.Write($"{e.Message}\n\n{HelpText.Usage}");
        }
        catch (Exception e) when (e is OptionException or BenchmarkException)
        {
            output.Flush();
            errors.Write(e.Message + "\n");
        }
        finally
        {
            output.Flush();
            errors.Flush();
        }
        return 1;
    }

    private void RunAll()
    {
        _seed = _options.Seed is { } seed ? (ulong)seed : (ulong)ToolClock.Microseconds ^ ((ulong)Environment.ProcessId << 32);
        using LoadTarget target = Find();
        if (!OpenFilesLimit.Allows(_options.Clients))
            throw new BenchmarkException($"Could not connect to server at {target.Name}: Can't create socket: Too many open files");
        if (_server is null) errors.Write("WARNING: Could not fetch server CONFIG\n");
        if (!_options.KeepsAlive)
            errors.Write("WARNING: Keepalive disabled: closed connections occupy ports for a while. With many of them, set net.ipv4.tcp_tw_reuse to 1.\n");
        if (_options.Command.Length > 0 && _options.Tests is not null) errors.Write("WARNING: Option -t is ignored.\n");
        errors.Flush();
        if (_options.IsIdle)
        {
            output.Write($"Creating {_options.Clients} idle connections and waiting forever (Ctrl+C when done)\n");
            Run(target, "idle", [], 1, 0);
            return;
        }
        if (_options.IsCsv) Report.WriteCsvHeader(output);
        do
        {
            if (_options.Command.Length > 0) RunCommand(target);
            else RunTests(target);
        }
        while (_options.Loops);
    }

    /// <summary>Looks whether the server is there, and how it is set up.</summary>
    private LoadTarget Find()
    {
        using ServerConnection connection = ServerSettings.Connect(_options.Server);
        try
        {
            IPAddress? address = (connection.Socket.RemoteEndPoint as IPEndPoint)?.Address;
            _server = ServerSettings.Fetch(connection, _options.Server);
            return new LoadTarget(_options, address);
        }
        catch (SocketException)
        {
            throw new BenchmarkException("Error: Server closed the connection");
        }
    }

    private void RunCommand(LoadTarget target)
    {
        byte[][] arguments = _options.ReadsLastArgument ? [.. _options.Command, readInput()] : _options.Command;
        CommandSequence sequence = CommandSequence.Read(arguments, _values, _options.DataSize);
        string title = string.Join(' ', _options.Command.Select(Encoding.UTF8.GetString));
        Run(target, title, sequence.Request, sequence.Count, sequence.Request.Length);
    }

    private void RunTests(LoadTarget target)
    {
        byte[] data = _values.Next(_options.DataSize);
        foreach (BenchmarkTest test in TestCatalog.Selected(_options, data))
        {
            if (test.Preparation is { } preparation)
            {
                using ServerConnection connection = ServerSettings.Connect(_options.Server);
                connection.Call(preparation);
            }
            Run(target, test.Title, test.Request, 1, _options.DataSize);
        }
        if (!_options.IsCsv) output.Write('\n');
    }

    private void Run(LoadTarget target, string title, byte[] request, int replies, int payload)
    {
        var template = new RequestTemplate(request, replies, _options.Pipeline, _options.Keyspace is not null);
        using var run = new LoadRun(_options, target, template, NewKeys);
        var progress = new Progress(_options, title, output);
        run.Start();
        while (!run.Wait(Progress.Interval)) progress.Show(run, ToolClock.Microseconds);
        new Report(_options, _server, output).Write(title, payload, run, progress);
    }

    private KeySource NewKeys() => new(_options.Keyspace ?? 0, new RandomSource(_seed++), _options.IsSequential ? _counters : null);
}
