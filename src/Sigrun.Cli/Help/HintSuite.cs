using System.Text;

namespace Sigrun.Cli.Help;

/// <summary>Compares hints with those in a file: on each line a beginning of a command and its hint, both in quotes.</summary>
internal static class HintSuite
{
    /// <summary>Runs a file; the exit code is the number of hints that are wrong.</summary>
    /// <exception cref="ExitException">The file cannot be used.</exception>
    public static int Run(string path, CommandTable table, CliConsole console, bool verbose)
    {
        int passed = 0;
        int failed = 0;
        foreach (string line in Lines(path))
        {
            if (line.StartsWith('#') || ArgumentList.Split(Encoding.UTF8.GetBytes(line)) is not { Count: > 0 } words) continue;
            string input = Encoding.UTF8.GetString(words[0]);
            if (words.Count == 1) throw new ExitException(255, $"Missing expected hint for input '{input}'");
            string expected = Encoding.UTF8.GetString(words[1]);
            string? hint = table.Hint(input);
            if (verbose) console.PrintLine($"Input: '{input}', Expected: '{expected}', Hint: '{hint ?? "(null)"}'");
            // Blanks at the end do not matter.
            if (hint?.TrimEnd(' ') == expected)
            {
                passed++;
                continue;
            }
            console.Error($"Test case '{input}' FAILED: expected '{expected}', got '{hint?.TrimEnd(' ') ?? "(null)"}'");
            failed++;
        }
        console.PrintLine($"{(failed == 0 ? "SUCCESS" : "FAILURE")}: {passed}/{passed + failed} passed");
        return failed;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(255, $"Can't open file '{path}': {SystemError.Describe(e)}");
        }
    }
}
