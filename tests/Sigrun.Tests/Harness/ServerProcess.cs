using System.Diagnostics;
using System.Globalization;

namespace Sigrun.Tests.Harness;

/// <summary>A server program running as a process of its own, on a free port, in a directory of its own.</summary>
public sealed class ServerProcess : IDisposable
{
    private const int StartsMax = 3;
    private const string ReadyLine = "Ready to accept connections";

    private readonly Process _process;
    private readonly List<string> _log = [];

    private ServerProcess(string program, int port, IEnumerable<string> arguments)
    {
        Port = port;
        Directory = System.IO.Directory.CreateTempSubdirectory("sigrun-test-").FullName;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory,
        };
        // The runtime lets garbage grow to the size of the processor's cache before it collects any. Collecting
        // early makes the size of the process tell what the server holds.
        start.Environment["DOTNET_GCgen0size"] = "200000";
        foreach (string argument in (string[])["--port", port.ToString(CultureInfo.InvariantCulture), "--dir", Directory, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += OnLine;
        _process.ErrorDataReceived += OnLine;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Port { get; }

    /// <summary>The working directory, removed in the end.</summary>
    public string Directory { get; }

    /// <summary>What the server has printed so far.</summary>
    public string Log
    {
        get
        {
            lock (_log) return string.Join('\n', _log);
        }
    }

    /// <summary>Memory of the process that is in use and not shared, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            string line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <summary>Starts the server of this repository, as built with the tests.</summary>
    public static ServerProcess StartSigrun(params string[] arguments) =>
        Start(Repository.ServerProgram, ["--save", "", .. arguments]);

    /// <summary>Starts a server by its program.</summary>
    public static ServerProcess Start(string program, params string[] arguments) => StartUntil(ReadyLine, program, arguments);

    /// <summary>Starts a server by its program and waits only until its log has a line.</summary>
    public static ServerProcess StartUntil(string line, string program, params string[] arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            var server = new ServerProcess(program, FreePorts.Take(), arguments);
            if (server.WaitUntil(line)) return server;
            string log = server.Log;
            server.Dispose();
            // Another process may have taken the port in between.
            if (attempt == StartsMax) throw new InvalidOperationException($"{program} does not start:\n{log}");
        }
    }

    public RespClient Connect() => new(Port);

    /// <summary>Asks the server to end and waits for it; the exit code. Its log is complete then.</summary>
    public int Terminate()
    {
        Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        return WaitForExit();
    }

    /// <summary>Ends the server without a chance to do anything.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits for the server to end by itself; the exit code. Its log is complete then.</summary>
    public int WaitForExit()
    {
        if (!_process.WaitForExit(120_000)) throw new TimeoutException("The server does not end:\n" + Log);
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private bool WaitUntil(string line)
    {
        TestClock.WaitUntil(() => Log.Contains(line, StringComparison.Ordinal) || _process.HasExited, "start of the server");
        return !_process.HasExited;
    }

    private void OnLine(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_log) _log.Add(line.Data);
    }
}
