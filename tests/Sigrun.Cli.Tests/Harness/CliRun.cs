using System.Diagnostics;
using System.Text;

namespace Sigrun.Cli.Tests.Harness;

/// <summary>What a tool has printed, and its exit code. Bytes are characters of Latin 1, so that none is lost.</summary>
public sealed record CliRun(string Output, string Errors, int ExitCode)
{
    private const int TimeoutMs = 120_000;

    /// <summary>Runs a tool to its end.</summary>
    public static CliRun Start(string program, IEnumerable<(string Name, string Value)> environment, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Encoding.Latin1,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A tool need not read its input.
        }
        if (!process.WaitForExit(TimeoutMs))
        {
            process.Kill();
            Assert.Fail($"{program} {string.Join(' ', arguments)} does not end.");
        }
        return new CliRun(output.Result, errors.Result, process.ExitCode);
    }
}
