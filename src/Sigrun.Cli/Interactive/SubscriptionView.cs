using Sigrun.Cli.Output;
using Sigrun.Cli.Platform;
using Sigrun.Client;

namespace Sigrun.Cli.Interactive;

/// <summary>Shows messages to a subscribed client until the user types something, or leaves with Ctrl-C.</summary>
internal sealed class SubscriptionView(Session session, CommandRunner runner, ILineReader lines, Terminal? terminal)
{
    private const int InputDescriptor = 0;

    private static readonly TimeSpan RepaintInterval = TimeSpan.FromSeconds(5);

    /// <summary>Shows messages.</summary>
    public void Show()
    {
        bool isVisible = session.Options.Output != OutputMode.Raw && CliConsole.OutputIsTerminal;
        terminal?.SetAnyKey();
        try
        {
            while (session.IsSubscribed)
            {
                ShowWhatHasCome();
                if (!session.IsSubscribed || lines.HasBufferedInput) break;
                (bool server, bool user) = WaitForEither(isVisible);
                if (session.TakeInterrupt())
                {
                    Leave();
                    break;
                }
                if (server) ShowNext();
                else if (user) break;
            }
        }
        finally
        {
            // Any key will do to type a command, and is none of it.
            terminal?.Restore(discardInput: true);
        }
    }

    private void ShowWhatHasCome()
    {
        try
        {
            while (session.Connection!.TryTake(out Reply? reply))
            {
                session.Options.Format.Write(session.Console.Out, reply!, session.Options.Output, verbatim: false);
                session.Console.Flush();
                runner.TakeSubscription(reply!);
            }
        }
        catch (ConnectionException)
        {
            GiveUp();
        }
    }

    private void ShowNext()
    {
        if (!runner.ReadReply(verbatim: false)) GiveUp();
        if (runner.LastReply is { } reply) runner.TakeSubscription(reply);
    }

    private void GiveUp()
    {
        session.ComplainAboutConnection();
        throw new ExitException(1);
    }

    private (bool Server, bool User) WaitForEither(bool isVisible)
    {
        if (isVisible)
        {
            const string Text = "Reading messages... (press Ctrl-C to quit or any key to type command)\r";
            session.Console.Print(Terminal.HasColors ? $"\e[1;90m{Text}\e[0m" : Text);
            session.Console.Flush();
        }
        (bool, bool) news = Waiter.Wait((int)session.Connection!.Socket.Handle, InputDescriptor, RepaintInterval);
        if (isVisible)
        {
            session.Console.Print("\e[K");
            session.Console.Flush();
        }
        return news;
    }

    private void Leave()
    {
        session.ForgetSubscriptions();
        session.Console.Print("Closing current connection. Ready to reconnect to Valkey server... \n");
        session.Console.Flush();
        if (!session.Reconnect()) GiveUp();
    }
}
