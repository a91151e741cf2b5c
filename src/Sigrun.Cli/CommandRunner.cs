using Sigrun.Cli.Help;
using Sigrun.Client;

namespace Sigrun.Cli;

/// <summary>Sends commands, shows what comes back and follows what that changes: the database, transactions, subscriptions.</summary>
internal sealed class CommandRunner(Session session, Func<CommandHelpPrinter> help)
{
    private bool _isShuttingDown;

    private CliOptions Options => session.Options;

    /// <summary>The last reply; null where there was none.</summary>
    public Reply? LastReply { get; private set; }

    /// <summary>Runs a command so often, connecting first where that is needed; false when it could not be sent or answered.</summary>
    public bool Run(ReadOnlySpan<byte[]> command, long repeat)
    {
        if (command[0].IsWord("help") || command[0].IsWord("?"))
        {
            help().Print(command[1..]);
            return true;
        }
        bool isUsable = session.Connection is { Failure: null or { Fault: ConnectionFault.Protocol or ConnectionFault.Other } };
        if (!isUsable && !session.Reconnect())
        {
            session.ComplainAboutConnection();
            return false;
        }
        if (Send(command, repeat)) return true;
        session.ComplainAboutConnection();
        session.Disconnect();
        return false;
    }

    /// <summary>Waits for a reply and shows it; false when the connection is lost and may be opened again.</summary>
    /// <exception cref="ExitException">There is no sense in going on.</exception>
    public bool ReadReply(bool verbatim)
    {
        LastReply = null;
        Reply reply;
        try
        {
            reply = session.Connection!.Read();
        }
        catch (ConnectionException e)
        {
            return SurviveLoss(e);
        }

        LastReply = reply;
        if (!session.IsInteractive && Options.ExitOnError && reply.IsError)
        {
            session.Console.Flush();
            session.Console.Error(reply.Bytes);
            throw new ExitException(1);
        }
        Options.Format.Write(session.Console.Out, reply, Options.Output, verbatim);
        session.Console.Flush();
        return true;
    }

    /// <summary>Takes note of a reply or message if it is one on subscriptions.</summary>
    public bool TakeSubscription(Reply reply)
    {
        if (!IsSubscriptionMessage(reply)) return false;
        int count = (int)reply.Elements[2].Integer;
        Reply kind = reply.Elements[0];
        if (kind.Is("subscribe"u8) || kind.Is("psubscribe"u8) || kind.Is("unsubscribe"u8) || kind.Is("punsubscribe"u8)) session.Channels = count;
        else if (kind.Is("ssubscribe"u8) || kind.Is("sunsubscribe"u8)) session.ShardChannels = count;
        return true;
    }

    /// <summary>What a lost connection means: a new one after an interruption, the end of a server, or the end of the tool.</summary>
    private bool SurviveLoss(ConnectionException e)
    {
        if (session.TakeInterrupt())
        {
            session.IsMonitoring = false;
            session.ForgetSubscriptions();
            return session.Reconnect();
        }
        if (_isShuttingDown)
        {
            session.Disconnect();
            return true;
        }
        if (session.IsInteractive && e.Fault is ConnectionFault.Io or ConnectionFault.Closed) return false;
        session.Console.Flush();
        session.ComplainAboutConnection();
        throw new ExitException(1);
    }

    private bool Send(ReadOnlySpan<byte[]> command, long repeat)
    {
        bool verbatim = !session.InTransaction && VerbatimCommands.Contains(command);
        if (command[0].IsWord("shutdown")) _isShuttingDown = true;
        if (command[0].IsWord("sync") || command[0].IsWord("psync"))
            throw ExitException.Failure($"{Usage.ToolName} cannot show what replicas get yet.");

        // Negative numbers repeat without end.
        while (repeat < 0 || repeat-- > 0)
        {
            session.Connection!.Append(command);
            if (command[0].IsWord("monitor"))
            {
                Watch(verbatim);
                return true;
            }
            if (!ReadReplies(command, verbatim)) return false;
            if (session.Connection is null) break;
            if (Options.Interval > TimeSpan.Zero) ToolClock.Sleep(Options.Interval);
        }
        return true;
    }

    private void Watch(bool verbatim)
    {
        session.IsMonitoring = true;
        do
        {
            if (!ReadReply(verbatim))
            {
                session.ComplainAboutConnection();
                throw new ExitException(1);
            }
            if (LastReply?.IsError == true) session.IsMonitoring = false;
        } while (session.IsMonitoring);
    }

    /// <summary>
    /// Reads until the command is answered. Subscriptions are confirmed by a message for each channel, and messages for what
    /// is subscribed already may come in between.
    /// </summary>
    private bool ReadReplies(ReadOnlySpan<byte[]> command, bool verbatim)
    {
        bool isSubscription = command[0].IsAnyOf("subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe");
        int expected = 0;
        if (isSubscription)
        {
            expected = Math.Max(1, command.Length - 1);
            session.Connection!.OnPush = null;
        }
        while (true)
        {
            if (!ReadReply(verbatim)) return false;
            if (LastReply is not { } reply) return true;
            if (!session.IsSubscribed && expected == 0) break;
            if (TakeSubscription(reply))
            {
                if (expected == 0 || !reply.Elements[0].Bytes.IsWord(System.Text.Encoding.ASCII.GetString(command[0]))) continue;
                if (--expected > 0) continue;
            }
            else if (reply.Type == ReplyType.Push) continue;
            break;
        }
        Follow(command, LastReply!);
        if (isSubscription && !session.IsSubscribed) session.FollowPushes();
        return true;
    }

    /// <summary>Takes note of what a command has changed.</summary>
    private void Follow(ReadOnlySpan<byte[]> command, Reply reply)
    {
        byte[] name = command[0];
        bool isAlone = command.Length == 1;
        if (name.IsWord("select") && command.Length == 2 && !reply.IsError)
            SetDatabase(CNumber.ParseInt32(System.Text.Encoding.UTF8.GetString(command[1])));
        else if (name.IsWord("auth") && command.Length is 2 or 3) session.SelectDatabase();
        else if (name.IsWord("multi") && isAlone && !reply.IsError)
        {
            session.InTransaction = true;
            session.DatabaseBeforeTransaction = session.Database;
        }
        else if (name.IsWord("exec") && isAlone && session.InTransaction)
        {
            session.InTransaction = false;
            if (reply.Type is ReplyType.Error or ReplyType.Nil) SetDatabase(session.DatabaseBeforeTransaction);
        }
        else if (name.IsWord("discard") && isAlone && !reply.IsError)
        {
            session.InTransaction = false;
            SetDatabase(session.DatabaseBeforeTransaction);
        }
        else if (name.IsWord("reset") && isAlone && !reply.IsError) FollowReset();
        else if (name.IsWord("hello") && reply.Type is ReplyType.Map or ReplyType.Array) session.SpeaksResp3 = reply.Type == ReplyType.Map;
    }

    private void FollowReset()
    {
        session.InTransaction = false;
        SetDatabase(0);
        session.SpeaksResp3 = false;
        if (session.IsSubscribed) session.FollowPushes();
        session.ForgetSubscriptions();
    }

    private void SetDatabase(int database)
    {
        session.Database = database;
        Options.Connection.Database = database;
    }

    /// <summary>RESP2 has no type of its own for messages; they are arrays whose first part says what happened.</summary>
    private bool IsSubscriptionMessage(Reply reply)
    {
        if (reply.Type != (session.SpeaksResp3 ? ReplyType.Push : ReplyType.Array)) return false;
        if (reply.Elements.Length < 3 || reply.Elements[0].Type != ReplyType.Bulk) return false;
        ReadOnlySpan<byte> kind = reply.Elements[0].Bytes;
        return kind.EndsWith("message"u8) || kind.EndsWith("subscribe"u8);
    }
}
