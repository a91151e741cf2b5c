using System.Text;

namespace Sigrun.Cli.Modes;

/// <summary>Sends a script from a file; a comma separates keys from other arguments.</summary>
internal static class EvalMode
{
    /// <summary>Sends it; returns the exit code.</summary>
    public static int Run(Session session, CommandRunner runner)
    {
        session.Require();
        byte[][] arguments = session.Options.Command;
        int comma = Array.FindIndex(arguments, static a => a is [(byte)',']);
        int keys = comma < 0 ? arguments.Length : comma;
        byte[][] rest = comma < 0 ? [] : arguments[(comma + 1)..];
        byte[][] command = ["EVAL"u8.ToArray(), ReadScript(session.Options.ModeArgument), Encoding.ASCII.GetBytes($"{keys}"), .. arguments[..keys], .. rest];
        return runner.Run(command, session.Options.Repeat) ? 0 : 1;
    }

    private static byte[] ReadScript(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ExitException.Failure($"Can't open file '{path}': {SystemError.Describe(e)}");
        }
    }
}
