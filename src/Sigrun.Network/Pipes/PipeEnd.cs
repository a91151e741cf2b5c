using System.IO.Pipelines;

namespace Sigrun.Network.Pipes;

/// <summary>A client's end of a connection within the process: requests go into one pipe, replies come out of another.</summary>
/// <remarks>
/// Completing <see cref="Output"/> says that nothing more is asked, and ends the connection as it does on a socket. Disposing
/// completes both sides and is noticed whatever the connection is doing. What either side has not read is bounded: a flush
/// waits while the server is behind, and the server's output limits hold for a client that is.
/// </remarks>
public sealed class PipeEnd : IDuplexPipe, IDisposable
{
    private readonly PipeConnection _connection;

    internal PipeEnd(PipeConnection connection, PipeReader input, PipeWriter output)
    {
        _connection = connection;
        Input = input;
        Output = output;
    }

    /// <summary>What the server sends.</summary>
    public PipeReader Input { get; }

    /// <summary>What the server receives.</summary>
    public PipeWriter Output { get; }

    /// <summary>Ends the connection. Not while another thread uses it.</summary>
    public void Dispose()
    {
        Output.Complete();
        Input.Complete();
        _connection.OnPeerClosed();
    }
}
