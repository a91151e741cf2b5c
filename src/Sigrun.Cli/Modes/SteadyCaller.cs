using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>Sends commands to a server that may go away, and waits until it is back.</summary>
internal sealed class SteadyCaller(Session session)
{
    private const string ClearLine = "\r\e[0K";

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Sends a command and waits for its reply, however long that takes.</summary>
    public Reply Call(params string[] command)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                if (session.Connection is { } connection)
                {
                    Reply reply = connection.Call(command);
                    if (tries > 0) session.Console.Print(ClearLine);
                    return reply;
                }
            }
            catch (ConnectionException e) when (e.Fault is ConnectionFault.Io or ConnectionFault.Closed)
            {
                session.Disconnect();
            }
            catch (ConnectionException e)
            {
                throw ExitException.Failure($"Error: {e.Message}");
            }
            session.Console.Print($"{ClearLine}Reconnecting... {tries + 1}\r");
            session.Console.Flush();
            session.Connect(quiet: true);
            ToolClock.Sleep(RetryInterval);
        }
    }
}
