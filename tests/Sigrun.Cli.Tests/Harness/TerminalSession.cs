using System.Diagnostics;
using System.Text;

namespace Sigrun.Cli.Tests.Harness;

/// <summary>The tool on a pseudo-terminal, which the program <c>script</c> makes; keys are sent when what they need is there.</summary>
internal sealed class TerminalSession : IDisposable
{
    private const int TimeoutMs = 120_000;
    private const int PollMs = 5;

    private readonly Process _process;
    private readonly StringBuilder _screen = new();
    private int _seen;

    public TerminalSession(string arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("script")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        // Without exec a shell may stay between, and it is what Ctrl-C ends.
        foreach (string argument in (string[])["-qefc", $"exec '{Programs.Cli}' {arguments}", "/dev/null"]) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        // Asked for once: nobody may ask after the end.
        StreamReader output = _process.StandardOutput;
        new Thread(() => Collect(output)) { IsBackground = true }.Start();
    }

    /// <summary>Presses keys.</summary>
    public void Type(string keys)
    {
        _process.StandardInput.Write(keys);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits until a text is shown that has not been waited for, and returns all that came before it.</summary>
    public string WaitFor(string text)
    {
        for (long deadline = Environment.TickCount64 + TimeoutMs; Environment.TickCount64 < deadline; Thread.Sleep(PollMs))
        {
            lock (_screen)
            {
                string fresh = _screen.ToString(_seen, _screen.Length - _seen);
                int found = fresh.IndexOf(text, StringComparison.Ordinal);
                if (found < 0) continue;
                _seen += found + text.Length;
                return fresh[..found];
            }
        }
        lock (_screen) Assert.Fail($"'{text}' is not shown, but: {_screen.ToString(_seen, _screen.Length - _seen)}");
        return "";
    }

    /// <summary>Waits for the end; returns the exit code of the tool.</summary>
    public int WaitForEnd()
    {
        Assert.True(_process.WaitForExit(TimeoutMs), "The tool does not end.");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private void Collect(StreamReader output)
    {
        var buffer = new char[1024];
        while (output.Read(buffer) is > 0 and int count)
        {
            lock (_screen) _screen.Append(buffer, 0, count);
        }
    }
}
