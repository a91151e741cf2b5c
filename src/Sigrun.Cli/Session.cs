using Sigrun.Client;

namespace Sigrun.Cli;

/// <summary>The connection to the server and what the tool knows about its state there.</summary>
internal sealed class Session(CliOptions options, CliConsole console) : IDisposable
{
    private volatile bool _interrupted;

    /// <summary>What the command line says; the address and the database follow what the user does.</summary>
    public CliOptions Options { get; } = options;

    /// <summary>The standard streams.</summary>
    public CliConsole Console { get; } = console;

    /// <summary>The connection; null where there is none.</summary>
    public ServerConnection? Connection { get; private set; }

    /// <summary>The selected database.</summary>
    public int Database { get; set; }

    /// <summary>Whether a transaction is being put together.</summary>
    public bool InTransaction { get; set; }

    /// <summary>The database before that.</summary>
    public int DatabaseBeforeTransaction { get; set; }

    /// <summary>Channels and patterns that the client is subscribed to.</summary>
    public int Channels { get; set; }

    /// <summary>Channels of shards that the client is subscribed to.</summary>
    public int ShardChannels { get; set; }

    /// <summary>Whether the client is subscribed to something.</summary>
    public bool IsSubscribed => Channels + ShardChannels > 0;

    /// <summary>Whether the connection speaks RESP3.</summary>
    public bool SpeaksResp3 { get; set; }

    /// <summary>Whether commands are shown that other clients send.</summary>
    public bool IsMonitoring { get; set; }

    /// <summary>Whether the user was asked for commands, so that a lost connection is opened again.</summary>
    public bool IsInteractive { get; set; }

    /// <summary>What stands in front of a command that is typed.</summary>
    public string Prompt
    {
        get
        {
            if (Connection is null) return "not connected> ";
            string prompt = (Options.Connection.UnixSocket is null ? "" : "valkey ") + Options.Connection.PromptName;
            if (Database != 0) prompt += $"[{Database}]";
            if (InTransaction) prompt += "(TX)";
            if (IsSubscribed) prompt += "(subscribed mode)";
            return prompt + "> ";
        }
    }

    /// <summary>Connects and logs in; false where that fails, after a message unless it is to be quiet.</summary>
    public bool Connect(bool quiet = false)
    {
        if (Connection is null && !Open(quiet)) return false;
        FollowPushes();
        return true;
    }

    /// <summary>Connects again.</summary>
    public bool Reconnect(bool quiet = false)
    {
        Disconnect();
        return Connect(quiet);
    }

    /// <summary>Closes the connection.</summary>
    public void Disconnect()
    {
        Connection?.Dispose();
        Connection = null;
    }

    /// <summary>Connects, or ends the process.</summary>
    /// <exception cref="ExitException">It cannot connect.</exception>
    public ServerConnection Require()
    {
        if (!Connect()) throw new ExitException(1);
        return Connection!;
    }

    /// <summary>Takes the connection that a mode has opened again by itself.</summary>
    public void Adopt(ServerConnection connection) => Connection = connection;

    /// <summary>Stops watching or listening; true when the tool did neither, and should end. Called by another thread.</summary>
    public bool Interrupt()
    {
        if (!IsMonitoring && !IsSubscribed) return true;
        _interrupted = true;
        Connection?.Interrupt();
        return false;
    }

    /// <summary>Whether the user has interrupted since the last call.</summary>
    public bool TakeInterrupt()
    {
        bool interrupted = _interrupted;
        _interrupted = false;
        return interrupted;
    }

    /// <summary>The client is subscribed to nothing any more.</summary>
    public void ForgetSubscriptions() => Channels = ShardChannels = 0;

    /// <summary>Selects the database that the options name, where it is not.</summary>
    public bool SelectDatabase()
    {
        if (Options.Connection.Database == Database) return true;
        if (Call(Options.Connection.SelectCommand) is not { } reply) return false;
        if (reply.IsError)
        {
            Console.Error($"SELECT {Options.Connection.Database} failed: {reply.Text}");
            return false;
        }
        Database = Options.Connection.Database;
        return true;
    }

    /// <summary>Has messages that answer no command shown, or passed over: they must not be taken for replies.</summary>
    public void FollowPushes() => Connection!.OnPush = Options.ShowPushes ? ShowPush : static _ => { };

    private void ShowPush(Reply push) => Options.Format.WritePush(Console.Out, push, Options.Output);

    /// <summary>Says what is wrong with the connection.</summary>
    public void ComplainAboutConnection()
    {
        if (Connection is not null) Console.Error($"Error: {Connection.Failure?.Message}");
    }

    /// <inheritdoc/>
    public void Dispose() => Connection?.Dispose();

    private bool Open(bool quiet)
    {
        Database = 0;
        InTransaction = false;
        ForgetSubscriptions();
        SpeaksResp3 = false;
        try
        {
            Connection = ServerConnection.Open(Options.Connection);
        }
        catch (TlsSetupException e)
        {
            Console.Error($"Could not negotiate a TLS connection: {e.Message}");
            return false;
        }
        catch (ConnectionException e)
        {
            if (!quiet) Console.Error($"Could not connect to Valkey at {Options.Connection.Name}: {e.Message}");
            return false;
        }
        return LogIn() && SelectDatabase() && SwitchProtocol();
    }

    private bool LogIn()
    {
        if (Options.Connection.AuthCommand is not { } command) return true;
        if (Call(command) is not { } reply) return false;
        if (reply.IsError) Console.Error($"AUTH failed: {reply.Text}");
        return !reply.IsError;
    }

    private bool SwitchProtocol()
    {
        if (Options.Resp2 || !(Options.Resp3 || Options.PreferResp3)) return true;
        if (Call("HELLO"u8.ToArray(), "3"u8.ToArray()) is not { } reply) return false;
        if (reply.IsError) Console.Error($"HELLO 3 failed: {reply.Text}");
        SpeaksResp3 = !reply.IsError;
        return !reply.IsError || !Options.Resp3;
    }

    private Reply? Call(params ReadOnlySpan<byte[]> command)
    {
        try
        {
            return Connection!.Call(command);
        }
        catch (ConnectionException)
        {
            Console.Error("\nI/O error");
            return null;
        }
    }
}
