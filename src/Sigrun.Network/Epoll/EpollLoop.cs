using System.Runtime.InteropServices;
using Sigrun.Network.Platform;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Epoll;

/// <summary>An event loop over epoll.</summary>
/// <remarks>
/// The engine's own loop is level-triggered. An I/O thread's is edge-triggered: its sessions are away at
/// the engine part of the time, and a level-triggered loop would spin on what arrives meanwhile.
/// </remarks>
internal sealed unsafe partial class EpollLoop : EventLoop
{
    /// <summary>What tells of input and of its end.</summary>
    internal const uint Input = LinuxSyscalls.EPOLLIN | LinuxSyscalls.EPOLLRDHUP;

    private const int EventsMax = 256;
    private const ulong WakeTag = ulong.MaxValue;
    private const ulong ListenerTag = 1UL << 62;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly LinuxSyscalls.EpollEvent* _events;
    private readonly Dictionary<int, EpollListener> _watched = [];

    internal EpollLoop(IEventLoopHost host, BufferPool pool, IoThread? thread)
        : base(host, pool, thread)
    {
        _epoll = LinuxSyscalls.epoll_create1(LinuxSyscalls.EPOLL_CLOEXEC);
        _wake = LinuxSyscalls.eventfd(0, LinuxSyscalls.EFD_NONBLOCK | LinuxSyscalls.EFD_CLOEXEC);
        if (_epoll < 0 || _wake < 0)
        {
            string error = LinuxSyscalls.ErrorText(LinuxSyscalls.LastError);
            _ = LinuxSyscalls.close(_epoll);
            _ = LinuxSyscalls.close(_wake);
            throw new IOException("Cannot create an epoll instance: " + error);
        }
        _events = (LinuxSyscalls.EpollEvent*)NativeMemory.Alloc(EventsMax, (nuint)sizeof(LinuxSyscalls.EpollEvent));
        _ = Watch(LinuxSyscalls.EPOLL_CTL_ADD, _wake, LinuxSyscalls.EPOLLIN, WakeTag);
    }

    /// <inheritdoc/>
    public override string Multiplexing => "epoll";

    /// <summary>Tells epoll what a descriptor is to be watched for; false when the system does not take it.</summary>
    internal bool Watch(int operation, int descriptor, uint events, ulong tag)
    {
        LinuxSyscalls.EpollEvent change = new() { Events = events, Data = tag };
        return LinuxSyscalls.epoll_ctl(_epoll, operation, descriptor, &change) == 0;
    }

    private protected override Listener? TryBind(string address, int port, ListenOptions options, TlsAcceptor? tls, out ListenFailure failure) =>
        EpollListener.TryBind(address, port, options, tls, out failure);

    private protected override Listener? TryBind(UnixSocketFile file, int backlog, out ListenFailure failure) =>
        EpollListener.TryBind(file, backlog, out failure);

    private protected override void StartAccepting(Listener listener)
    {
        int descriptor = ((EpollListener)listener).Descriptor;
        if (_watched.TryAdd(descriptor, (EpollListener)listener))
            _ = Watch(LinuxSyscalls.EPOLL_CTL_ADD, descriptor, LinuxSyscalls.EPOLLIN, ListenerTag | (uint)descriptor);
    }

    private protected override void StopAccepting(Listener listener)
    {
        int descriptor = ((EpollListener)listener).Descriptor;
        if (_watched.Remove(descriptor)) _ = Watch(LinuxSyscalls.EPOLL_CTL_DEL, descriptor, 0, 0);
    }

    private protected override int Wait(int timeoutMs) => timeoutMs == 0
        ? LinuxSyscalls.epoll_poll(_epoll, _events, EventsMax, 0)
        : LinuxSyscalls.epoll_wait(_epoll, _events, EventsMax, timeoutMs);

    private protected override void Serve(int count)
    {
        for (int i = 0; i < count; i++) Serve(ref _events[i]);
    }

    private protected override void Interrupt()
    {
        ulong one = 1;
        _ = LinuxSyscalls.write(_wake, &one, sizeof(ulong));
    }

    private protected override void Release()
    {
        _ = LinuxSyscalls.close(_epoll);
        _ = LinuxSyscalls.close(_wake);
        NativeMemory.Free(_events);
    }

    private void Serve(ref LinuxSyscalls.EpollEvent e)
    {
        ulong tag = e.Data;
        if (tag < ListenerTag)
        {
            if (ConnectionAt((int)tag) is { } connection) Serve(connection, ReadinessOf(e.Events));
        }
        else if (tag == WakeTag)
        {
            ulong ignored;
            _ = LinuxSyscalls.read(_wake, &ignored, sizeof(ulong));
            ServeRequests();
        }
        else if (_watched.TryGetValue((int)(uint)tag, out EpollListener? listener))
        {
            Accept(listener);
        }
    }

    private static Readiness ReadinessOf(uint events)
    {
        const uint Plain = LinuxSyscalls.EPOLLIN | LinuxSyscalls.EPOLLOUT;
        Readiness ready = Readiness.None;
        if ((events & LinuxSyscalls.EPOLLIN) != 0) ready = Readiness.Input;
        if ((events & LinuxSyscalls.EPOLLOUT) != 0) ready |= Readiness.Output;
        if ((events & ~Plain) != 0) ready |= Readiness.PeerDone;
        return ready;
    }

    private void Accept(EpollListener listener)
    {
        byte* address = stackalloc byte[SocketAddress.SizeMax];
        int most = listener.Tls?.AcceptsPerTurn ?? AcceptsPerTurn;
        for (int i = 0; i < most; i++)
        {
            int size = SocketAddress.SizeMax;
            int descriptor = LinuxSyscalls.accept4(listener.Descriptor, address, &size, LinuxSyscalls.SOCK_NONBLOCK | LinuxSyscalls.SOCK_CLOEXEC);
            if (descriptor < 0)
            {
                int error = LinuxSyscalls.LastError;
                // One that has gone before it was accepted is no reason to pause.
                if (error == LinuxSyscalls.ECONNABORTED) continue;
                if (error is not (LinuxSyscalls.EAGAIN or LinuxSyscalls.EINTR)) PauseAccepting(LinuxSyscalls.ErrorText(error));
                return;
            }
            if (listener.Path is { } path)
            {
                Welcome(new EpollConnection(Placement.Take(), descriptor, Connection.UnixName(path)));
                continue;
            }
            string remote = SocketAddress.Format(new ReadOnlySpan<byte>(address, SocketAddress.SizeMax));
            size = SocketAddress.SizeMax;
            _ = LinuxSyscalls.getsockname(descriptor, address, &size);
            string local = SocketAddress.Format(new ReadOnlySpan<byte>(address, SocketAddress.SizeMax));
            if (listener.Tls is null) Welcome(new EpollConnection(Placement.Take(), descriptor, remote, local));
            else Secure(listener.Tls, descriptor, remote, local);
        }
    }

    private void Secure(TlsAcceptor acceptor, int descriptor, string remote, string local)
    {
        if (TlsChannel.TryAccept(acceptor) is { } channel)
        {
            Welcome(new EpollConnection(Placement.Take(), descriptor, remote, local, channel));
            return;
        }
        _ = LinuxSyscalls.close(descriptor);
    }
}
