using System.Net.Sockets;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Sockets;

/// <summary>An event loop over the framework's sockets, for systems without epoll.</summary>
/// <remarks>
/// The framework tells on its own threads that a socket can go on; they note that for the loop's thread (see
/// <see cref="Connection.Signal"/>), which alone touches sessions, receives and sends.
/// </remarks>
internal sealed class SocketLoop : EventLoop
{
    private readonly AutoResetEvent _wake = new(false);
    private readonly Lock _acceptGate = new();
    private readonly Queue<SocketListener> _accepted = new();

    internal SocketLoop(IEventLoopHost host, BufferPool pool, IoThread? thread)
        : base(host, pool, thread)
    {
    }

    /// <inheritdoc/>
    public override string Multiplexing => "sockets";

    /// <summary>Somebody has connected to a listener, or could not; from any thread.</summary>
    internal void Enqueue(SocketListener listener)
    {
        lock (_acceptGate) _accepted.Enqueue(listener);
        Wake();
    }

    private protected override Listener? TryBind(string address, int port, ListenOptions options, TlsAcceptor? tls, out ListenFailure failure) =>
        SocketListener.TryBind(this, address, port, options, tls, out failure);

    private protected override Listener? TryBind(UnixSocketFile file, int backlog, out ListenFailure failure) =>
        SocketListener.TryBind(this, file, backlog, out failure);

    private protected override void StartAccepting(Listener listener) => ((SocketListener)listener).Start();

    private protected override void StopAccepting(Listener listener) => ((SocketListener)listener).Stop();

    private protected override int Wait(int timeoutMs)
    {
        _wake.WaitOne(timeoutMs);
        return 1;
    }

    private protected override void Serve(int count)
    {
        ServeRequests();
        // Those that come back have had their share of this turn.
        for (int left = AcceptedCount; left > 0 && TryTakeAccepted() is { } listener; left--) Accept(listener);
    }

    private protected override void Interrupt() => _wake.Set();

    private protected override void Release() => _wake.Dispose();

    private int AcceptedCount
    {
        get
        {
            lock (_acceptGate) return _accepted.Count;
        }
    }

    private SocketListener? TryTakeAccepted()
    {
        lock (_acceptGate) return _accepted.TryDequeue(out SocketListener? listener) ? listener : null;
    }

    private void Accept(SocketListener listener)
    {
        int most = listener.Tls?.AcceptsPerTurn ?? AcceptsPerTurn;
        for (int i = 0; i < most; i++)
        {
            Socket? socket = listener.TryTake(out SocketError error);
            if (error != SocketError.Success)
            {
                PauseAccepting(new SocketException((int)error).Message);
                return;
            }
            if (socket is not null) Welcome(listener, socket);
            if (!listener.TryAcceptNext()) return;
        }
        Enqueue(listener);
    }

    private void Welcome(SocketListener listener, Socket socket)
    {
        TlsChannel? channel = listener.Tls is null ? null : TlsChannel.TryAccept(listener.Tls);
        if (listener.Tls is not null && channel is null) socket.Dispose();
        else Welcome(SocketConnection.Create(Placement.Take(), socket, listener.Path, channel));
    }
}
