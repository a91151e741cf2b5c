using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>A way to a client and back, and the session that it feeds. How bytes get from one to the other is the derived class's business.</summary>
/// <remarks>
/// <para>
/// There are two ways to learn that a connection can go on. A level-triggered one is told of again and again as long as that is
/// so. Of all others a loop is told once: they remember it (<see cref="MayHaveInput"/>) until they have found nothing more.
/// </para>
/// <para>Per event and per turn there is one call of a derived class to receive and one to send.</para>
/// </remarks>
public abstract class Connection : IDisposable
{
    private int _signalled;

    private protected Connection(EventLoop loop, string remoteAddress, string localAddress)
    {
        Loop = loop;
        RemoteAddress = remoteAddress;
        LocalAddress = localAddress;
    }

    /// <summary>The descriptor of its socket; −1 once closed, and where there is none.</summary>
    public abstract int Descriptor { get; }

    /// <summary>The peer as <c>address:port</c>, a Unix socket as <c>[path:0]:0</c>, this process as <c>in-process:0</c>.</summary>
    public string RemoteAddress { get; }

    /// <summary>The local end, likewise.</summary>
    public string LocalAddress { get; }

    /// <summary>True when the peer has come through a Unix socket.</summary>
    public bool IsUnix { get; private protected init; }

    /// <summary>True when the peer is on this host.</summary>
    public virtual bool IsLocal => IsUnix || RemoteAddress.StartsWith("127.", StringComparison.Ordinal)
        || RemoteAddress.StartsWith("[::1]:", StringComparison.Ordinal);

    /// <summary>Why the connection has ended, in the system's words; null while it has not, or when the peer has closed it.</summary>
    public string? Error { get; private protected set; }

    /// <summary>True while the way to the peer has to take what it has before it takes more output.</summary>
    public bool WaitsForOutput { get; internal set; }

    /// <summary>True when what is sent and received is encrypted.</summary>
    public bool IsSecured { get; private protected init; }

    /// <summary>True while nothing can be sent or received because the two sides do not agree on how yet.</summary>
    internal bool IsHandshaking { get; private protected set; }

    /// <summary>True while something that was received, be it the end, has not come to the session yet: no event will say so.</summary>
    internal bool HoldsInput { get; private protected set; }

    /// <summary>True while something that has left the output is not sent yet.</summary>
    internal bool HoldsOutput { get; private protected set; }

    internal EventLoop Loop { get; set; }

    /// <summary>Its place in the loop's table; −1 until the loop has adopted it.</summary>
    internal int Slot { get; set; } = -1;

    internal bool IsClosing { get; set; }

    /// <summary>Whether the loop is told again and again of what the connection can go on with.</summary>
    internal bool IsLevelTriggered { get; private protected set; }

    /// <summary>Where that is not so: more input may wait, and no event will say so.</summary>
    internal bool MayHaveInput { get; set; }

    /// <summary>The peer has ended its side.</summary>
    internal bool IsPeerDone { get; set; }

    /// <summary>Whether nothing can be received any more, because of the peer or of a failure.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>Another loop takes the connection over as soon as it is at rest.</summary>
    internal bool MustMove { get; set; }

    internal bool IsReadQueued { get; set; }

    /// <summary>Input waits that nobody takes, and a level-triggered connection is not to be told of it.</summary>
    internal bool IsInputStopped { get; set; }

    internal ConnectionSession Session { get; set; } = null!;

    /// <summary>Closes the connection at the end of its loop's turn, dropping unsent output; from any thread.</summary>
    public void Close() => Loop.Close(this);

    /// <summary>Closes the way to the peer at once; what was sent arrives. The loop's thread.</summary>
    public abstract void Dispose();

    /// <summary>Names in the certificate that the peer has shown; null when it has shown none. The thread that owns the session.</summary>
    public virtual IReadOnlyList<byte[]>? PeerNames(PeerNameField field) => null;

    /// <summary>Sends a few bytes if they are taken right away; for refusals, where no session exists, before it is disposed of.</summary>
    public abstract void TrySendNow(ReadOnlySpan<byte> bytes);

    /// <summary>Makes the system probe a silent peer after <paramref name="seconds"/>; three lost probes end the connection.</summary>
    public abstract void SetKeepAlive(int seconds);

    /// <summary>Receives once. Returns the number of bytes, 0 when there are none now, −1 when the peer is gone.</summary>
    internal abstract int Receive(BufferPool pool);

    /// <summary>Sends as much as is taken. False when the peer is gone.</summary>
    internal abstract bool Send();

    /// <summary>The connection has its place in its loop, which wants to hear of it from now on.</summary>
    internal abstract void Attach();

    /// <summary>The loop does not want to hear of the connection any more, since another one will.</summary>
    internal virtual void Detach()
    {
        // What a loop is told of a connection that it does not have it leaves alone.
    }

    /// <summary>What a level-triggered connection is to be told of has changed.</summary>
    internal virtual void UpdateInterest() => throw new InvalidOperationException("The connection is not level-triggered.");

    /// <summary>Whether the peer is gone, asked while nothing is received.</summary>
    internal virtual bool HasPeerEnded() => IsPeerDone;

    /// <summary>Goes on with the handshake.</summary>
    internal virtual HandshakeState Handshake(out string error) => throw new InvalidOperationException("The connection is not secured.");

    /// <summary>How a Unix socket is shown.</summary>
    internal static string UnixName(string path) => $"[{path}:0]:0";

    private protected void CountReceived(long bytes)
    {
        Session.BytesReceived += bytes;
        Loop.BytesReceived += bytes;
    }

    private protected void CountSent(long bytes)
    {
        Session.BytesSent += bytes;
        Loop.BytesSent += bytes;
    }

    /// <summary>Notes what the connection can go on with and tells its loop; from any thread.</summary>
    private protected void Signal(Readiness ready)
    {
        if (Interlocked.Or(ref _signalled, (int)ready) == 0) Loop.Enqueue(this);
    }

    /// <summary>Takes what was noted.</summary>
    internal Readiness TakeSignals() => (Readiness)Interlocked.Exchange(ref _signalled, 0);
}
