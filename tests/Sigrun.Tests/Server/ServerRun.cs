using System.Diagnostics;
using System.Net.Sockets;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Server;

/// <summary>The real program, run by a test.</summary>
internal sealed class ServerRun : IDisposable
{
    private static readonly string Executable = Repository.ServerProgram;

    private readonly Process _process;

    /// <summary>Starts the program in <paramref name="directory"/>.</summary>
    public ServerRun(string directory, string? standardInput, params string[] args)
        : this(Executable, directory, standardInput, args)
    {
    }

    private ServerRun(string program, string directory, string? standardInput, string[] args, params ReadOnlySpan<(string Name, string Value)> variables)
    {
        ProcessStartInfo start = new(program, args)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The program looks for the runtime in the usual places only; the one that runs this test is right.
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet")
            start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath);
        foreach ((string name, string value) in variables) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.StandardInput.Write(standardInput);
        _process.StandardInput.Close();
    }

    /// <summary>Starts the program with a variable in its environment.</summary>
    public static ServerRun WithVariable(string name, string value, string directory, params string[] args) =>
        new(Executable, directory, null, args, (name, value));

    /// <summary>Starts the program with a limit on its open files.</summary>
    public static ServerRun WithFiles(int limit, string directory, params string[] args) =>
        new("/bin/sh", directory, null, ["-c", $"ulimit -n {limit} && exec \"$0\" \"$@\"", Executable, .. args]);

    /// <summary>Starts the program as shells start commands in the background: deaf to SIGINT.</summary>
    public static ServerRun InBackground(string directory, params string[] args) =>
        new("/bin/sh", directory, null, ["-c", "trap '' INT && exec \"$0\" \"$@\"", Executable, .. args]);

    public int Id => _process.Id;

    /// <summary>Connects to a server that may still be starting.</summary>
    public static RespClient Connect(int port)
    {
        RespClient? client = null;
        TestClock.WaitUntil(() => TryConnect(port, out client), "the server");
        return client!;
    }

    private static bool TryConnect(int port, out RespClient? client)
    {
        try
        {
            client = new RespClient(port);
            return true;
        }
        catch (SocketException)
        {
            client = null;
            return false;
        }
    }

    /// <summary>
    /// Reads standard output up to a line that contains <paramref name="text"/>; all of it when there is none. A program that
    /// does not print it for long is ended.
    /// </summary>
    public List<string> ReadUntil(string text)
    {
        List<string> lines = [];
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using CancellationTokenRegistration end = patience.Token.Register(_process.Kill);
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
                break;
        }

        return lines;
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(string name) => Process.Start("kill", ["-" + name, Id.ToString()]).WaitForExit();

    /// <summary>Waits for the end: the exit code, and what is left of standard output and of standard error.</summary>
    public (int Code, string Output, string Error) End()
    {
        Task<string> error = _process.StandardError.ReadToEndAsync();
        Task<string> output = _process.StandardOutput.ReadToEndAsync();
        if (!_process.WaitForExit(60_000)) throw new TimeoutException("The program does not end.");
        return (_process.ExitCode, output.Result, error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
