namespace Sigrun.Client;

/// <summary>What went wrong with a connection.</summary>
public enum ConnectionFault
{
    /// <summary>Reading or writing failed.</summary>
    Io,

    /// <summary>The server closed the connection.</summary>
    Closed,

    /// <summary>The server sent what is no reply.</summary>
    Protocol,

    /// <summary>The server could not be found, or the connection could not be made secure.</summary>
    Other,
}

/// <summary>An option with a value that cannot be used; the message is for the user.</summary>
public sealed class OptionException(string message) : Exception(message);

/// <summary>A connection that cannot be used; the message is the one of the system.</summary>
public sealed class ConnectionException(ConnectionFault fault, string message) : Exception(message)
{
    /// <summary>What went wrong.</summary>
    public ConnectionFault Fault { get; } = fault;
}

/// <summary>TLS could not be set up as asked, before anything was sent.</summary>
public sealed class TlsSetupException(string message) : Exception(message);
