using Sigrun.Cli.Help;
using Sigrun.Cli.Interactive;
using Sigrun.Cli.Modes;
using Sigrun.Cli.Platform;
using Sigrun.Client;

namespace Sigrun.Cli;

internal static class Program
{
    private static int Main(string[] args)
    {
        var console = new CliConsole();
        try
        {
            int code = Run(console, args);
            console.Flush();
            return code;
        }
        catch (ExitException e)
        {
            return End(console, e);
        }
    }

    private static int End(CliConsole console, ExitException end)
    {
        try
        {
            if (end.Code != CliConsole.BrokenPipeExitCode) console.Flush();
        }
        catch (ExitException)
        {
            return CliConsole.BrokenPipeExitCode;
        }
        if (end.Complaint is { } complaint) console.Error(complaint);
        return end.Code;
    }

    private static int Run(CliConsole console, string[] args)
    {
        CliOptions options = OptionParser.Parse(console, args, RawArguments.Of(args));
        if (options.AskPassword) options.Connection.Password = AskPassword(console);
        using var session = new Session(options, console);
        var commands = new Lazy<CommandTable>(() => CommandTable.Load(session));
        var runner = new CommandRunner(session, () => new CommandHelpPrinter(() => commands.Value, console));
        switch (options.Mode)
        {
            case CliMode.Latency: new LatencyMode(session).Run(); return 0;
            case CliMode.LatencySpectrum: new LatencySpectrum(session).Run(); return 0;
            case CliMode.Pipe: return RunPipe(session);
            case CliMode.BigKeys: new BigKeys(session, byMemory: false).Run(); return 0;
            case CliMode.MemoryKeys: new BigKeys(session, byMemory: true).Run(); return 0;
            case CliMode.HotKeys: new HotKeys(session).Run(); return 0;
            case CliMode.Statistics: new StatMode(session).Run(); return 0;
            case CliMode.Scan: ScanMode.Run(session); return 0;
            case CliMode.LruTest: new LruTest(session).Run(); return 0;
            case CliMode.IntrinsicLatency: IntrinsicLatency.Run(console, options.IntrinsicSeconds); return 0;
            case CliMode.TestHint: console.PrintLine(commands.Value.Hint(options.ModeArgument) ?? "(null)"); return 0;
            case CliMode.TestHintFile: return HintSuite.Run(options.ModeArgument, commands.Value, console, options.Verbose);
            case CliMode.Eval: return EvalMode.Run(session, runner);
        }
        if (options.Command.Length > 0) return SingleCommand.Run(session, runner);
        new Repl(session, runner, commands).Run();
        return 0;
    }

    private static int RunPipe(Session session)
    {
        using var pipe = new PipeMode(session);
        return pipe.Run();
    }

    private static byte[]? AskPassword(CliConsole console)
    {
        const string Prompt = "Please input password: ";
        if (Terminal.Open() is not { } terminal || Terminal.IsDumb)
            return new StreamLineReader(console, showPrompt: CliConsole.InputIsTerminal).ReadLine(Prompt);
        return new LineEditor(terminal, console, new History(null)) { IsMasked = true }.ReadLine(Prompt);
    }
}
