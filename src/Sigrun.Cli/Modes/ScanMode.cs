using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>Lists keys.</summary>
internal static class ScanMode
{
    /// <summary>Lists all, or those that the options ask for.</summary>
    public static void Run(Session session)
    {
        using var interrupt = new InterruptFlag();
        var scanner = new KeyScanner(session, interrupt);
        foreach (Reply[] keys in scanner.Walk(pauseAfterEachCall: true))
        {
            foreach (Reply key in keys)
            {
                if (session.Options.Output == OutputMode.Standard) session.Console.Out.AppendQuoted(key.Bytes);
                else session.Console.Out.Append(key.Bytes);
                session.Console.Print("\n");
            }
        }
    }
}
