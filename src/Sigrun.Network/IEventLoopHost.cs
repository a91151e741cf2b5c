namespace Sigrun.Network;

/// <summary>What an event loop asks of the program it runs for.</summary>
public interface IEventLoopHost
{
    /// <summary>Milliseconds until the host wants to be called again at the latest; 0 polls, −1 waits for events only.</summary>
    int NextTimeoutMs { get; }

    /// <summary>Makes a session for an accepted connection, or returns null when it was refused.</summary>
    ConnectionSession? CreateSession(Connection connection);

    /// <summary>
    /// A connection's handshake is done: the engine looks at who has come before anything is received. What it has to
    /// say is sent after this returns, or, for a session that was handed on, when it is taken back.
    /// </summary>
    void OnSecured(ConnectionSession session);

    /// <summary>
    /// Executes what the sessions have parsed; what they answered is sent after this returns, or, for a
    /// session that was handed on (<see cref="ConnectionSession.IsAway"/>), when it is taken back.
    /// </summary>
    void Execute(ReadOnlySpan<ConnectionSession> ready);

    /// <summary>A connection is closed and its session done with; called once per session, on the loop's thread.</summary>
    void OnClosed(ConnectionSession session);

    /// <summary>
    /// A connection has left the loop for another one. The engine's thread lets it in there
    /// (<see cref="EventLoop.Entrust"/>), so that it knows at any time which thread owns a session.
    /// </summary>
    void OnMoving(ConnectionSession session, EventLoop target);

    /// <summary>
    /// The loop is about to wait. False when there is something to do after all; when true,
    /// <see cref="OnAwake"/> follows.
    /// </summary>
    bool PrepareToSleep();

    /// <summary>The loop has waited.</summary>
    void OnAwake();

    /// <summary>A connection could not be accepted; <paramref name="error"/> is the system's text.</summary>
    void OnAcceptFailed(string error);

    /// <summary>Called once a turn, after waiting, before connections are served: timers.</summary>
    void OnTurn();
}
