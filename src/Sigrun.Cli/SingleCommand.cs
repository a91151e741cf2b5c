namespace Sigrun.Cli;

/// <summary>Runs the command that the command line holds.</summary>
internal static class SingleCommand
{
    /// <summary>Runs it, and then shows messages for as long as it has subscribed to something; returns the exit code.</summary>
    public static int Run(Session session, CommandRunner runner)
    {
        session.Connect(quiet: true);
        byte[][]? command = session.Options.QuotedInput ? Unquote(session.Options.Command) : session.Options.Command;
        if (command is null)
        {
            session.Console.PrintLine("Invalid quoted string");
            return 1;
        }
        if (session.Options.LastArgumentFromInput) command = [.. command, session.Console.ReadAll()];
        else if (session.Options.InputTag is { } tag)
        {
            int place = Array.FindIndex(command, a => a.AsSpan().SequenceEqual(tag));
            if (place < 0) throw ExitException.Failure("Using -X option but stdin tag not match.");
            command = [.. command];
            command[place] = session.Console.ReadAll();
        }

        bool isDone = runner.Run(command, session.Options.Repeat);
        while (session.IsSubscribed && runner.ReadReply(verbatim: false))
        {
            if (runner.LastReply is { } reply) runner.TakeSubscription(reply);
        }
        return isDone ? 0 : 1;
    }

    private static byte[][]? Unquote(byte[][] arguments)
    {
        var unquoted = new byte[arguments.Length][];
        for (int i = 0; i < unquoted.Length; i++)
        {
            if (ArgumentList.Unquote(arguments[i]) is not { } argument) return null;
            unquoted[i] = argument;
        }
        return unquoted;
    }
}
