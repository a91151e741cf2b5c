using System.Text;

namespace Sigrun.Benchmark.Tests;

/// <summary>The tool inside the test process.</summary>
/// <param name="Exit">Its exit code.</param>
/// <param name="Output">What it has printed.</param>
/// <param name="Errors">What it has complained about.</param>
internal sealed record Tool(int Exit, string Output, string Errors)
{
    /// <summary>Runs it with arguments that have blanks between them.</summary>
    public static Tool Run(string arguments, string input = "")
    {
        string[] words = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var output = new StringWriter();
        var errors = new StringWriter();
        int exit = new BenchmarkTool(output, errors, () => Encoding.UTF8.GetBytes(input)).Run(words, Array.ConvertAll(words, Encoding.UTF8.GetBytes));
        return new Tool(exit, output.ToString(), errors.ToString());
    }

    /// <summary>The lines as somebody sees them who does not see what was written over.</summary>
    public string[] Lines => LinesOf(Output);

    /// <summary>Lines without what was written over.</summary>
    public static string[] LinesOf(string output) => [.. output.Split('\n').Select(line => line[(line.LastIndexOf('\r') + 1)..])];
}
