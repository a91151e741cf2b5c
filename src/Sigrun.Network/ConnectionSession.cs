using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>
/// What a connection carries: the transport fills <see cref="Input"/> and empties <see cref="Output"/>;
/// what the bytes mean is the derived class's business.
/// </summary>
public abstract class ConnectionSession
{
    /// <summary>Creates a session whose output segments come from <paramref name="pool"/>.</summary>
    protected ConnectionSession(BufferPool pool)
    {
        Pool = pool;
        Output = new OutputQueue(pool);
    }

    /// <summary>The buffers of the thread that serves the connection.</summary>
    public BufferPool Pool { get; internal set; }

    /// <summary>Received bytes that are not consumed; null while there are none.</summary>
    public InputBuffer? Input { get; set; }

    /// <summary>Bytes to send.</summary>
    public OutputQueue Output { get; }

    /// <summary>The connection, or null once it is closed or when there is none.</summary>
    public Connection? Connection { get; internal set; }

    /// <summary>The connection after its peer has ended it, for whoever tells of that; null unless that is how it has closed.</summary>
    public Connection? Ended { get; internal set; }

    /// <summary>Why the connection could not be secured, with its addresses; null unless that is so.</summary>
    public string? Failure { get; internal set; }

    /// <summary>When true the connection is closed as soon as its output was sent; nothing more is read.</summary>
    public bool CloseAfterOutput { get; set; }

    /// <summary>True while the session stands in its event loop's queue of sessions with work left.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>True when the engine's thread owns the session: its connection is there, or it was handed over.</summary>
    public bool IsOnEngineThread => IsWithEngine || Carrier is null;

    /// <summary>True while an I/O thread's session is the engine's; the engine's thread alone reads and writes it.</summary>
    public bool IsWithEngine { get; set; }

    /// <summary>The I/O thread that serves the connection, null when the engine's own does. Changed by the engine's thread alone.</summary>
    internal IoThread? Carrier { get; set; }

    /// <summary>
    /// True while the session waits for something other than its peer: nothing is received and nothing parsed
    /// until <see cref="Resume"/>; a peer that goes is noticed all the same.
    /// </summary>
    /// <remarks>
    /// The engine sets it while it owns the session. It is cleared by the thread of the connection, which may
    /// be about to look at it.
    /// </remarks>
    public bool IsSuspended { get; private set; }

    /// <summary>What the engine has to say while an I/O thread owns the session; null until it has.</summary>
    public Outbox? Outbox { get; protected set; }

    /// <summary>Makes the session wait. Engine's thread, which owns the session.</summary>
    public void Suspend() => IsSuspended = true;

    /// <summary>Ends the wait. Engine's thread.</summary>
    public void Resume()
    {
        if (IsWithEngine) EndSuspension();
        else if (Carrier is { } thread) thread.Resume(this);
        else if (Connection is { } connection) connection.Loop.Resume(connection);
    }

    /// <summary>
    /// Sends what the engine has written outside of the session's turn, to its output or to its outbox. Engine's thread, at
    /// the end of a turn.
    /// </summary>
    public void SendWritten()
    {
        // What the engine owns leaves when it is given back.
        if (IsWithEngine) return;
        if (Carrier is { } thread)
        {
            if (Outbox!.HandOver()) thread.Deliver(this);
        }
        else if (Connection is { WaitsForOutput: false } connection)
        {
            connection.Loop.SendWritten(connection);
        }
    }

    internal void EndSuspension() => IsSuspended = false;

    /// <summary>
    /// True while the session stands in the list of what is executed at the end of this turn: it is neither
    /// received from again nor listed twice.
    /// </summary>
    internal bool IsReady { get; set; }

    /// <summary>True while another thread owns the session; the connection's thread must leave it alone.</summary>
    public bool IsAway { get; set; }

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Bytes sent so far.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>
    /// Looks at newly received bytes. Runs on the thread that owns the connection and touches nothing but
    /// this session and read-only tables. Returns true when there is something to execute.
    /// </summary>
    public abstract bool Parse();

    /// <summary>True while parsed or unparsed requests wait that could be executed without receiving more.</summary>
    public abstract bool HasWork { get; }

    /// <summary>Gives the input buffer back when nothing of it is needed any more. Runs on the connection's thread.</summary>
    public abstract void ReleaseIdleInput();

    /// <summary>True when the session holds no buffers and nothing is under way: it may move to another thread.</summary>
    public bool IsAtRest => !IsAway && !IsQueued && !IsSuspended && Input is null && Output.IsEmpty;

    /// <summary>How many more bytes the input should have room for before the next receive; at least 1.</summary>
    public abstract long WantedInputSpace { get; }
}
