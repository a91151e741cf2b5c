using System.Runtime.InteropServices;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Platform;

/// <summary>The Linux system calls the transport needs, and nothing else.</summary>
/// <remarks>
/// Calls on non-blocking sockets suppress the GC transition, which costs more than some of them do;
/// whatever may block (waiting for events) must not, since a collection would wait for it.
/// </remarks>
internal static unsafe partial class LinuxSyscalls
{
    internal const int EAGAIN = 11;
    internal const int EINTR = 4;
    internal const int ENOPROTOOPT = 92;
    internal const int EPROTONOSUPPORT = 93;
    internal const int ESOCKTNOSUPPORT = 94;
    internal const int EPFNOSUPPORT = 96;
    internal const int EAFNOSUPPORT = 97;
    internal const int EADDRNOTAVAIL = 99;
    internal const int ECONNABORTED = 103;
    internal const int EINPROGRESS = 115;

    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_MARK = 36;
    internal const int SO_KEEPALIVE = 9;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int TCP_KEEPIDLE = 4;
    internal const int TCP_KEEPINTVL = 5;
    internal const int TCP_KEEPCNT = 6;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;

    internal const uint EPOLLIN = 1;
    internal const uint EPOLLOUT = 4;
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLET = 1u << 31;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct EpollEvent
    {
        public uint Events;
        public ulong Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        public void* Name;
        public int NameLength;
        public OutputSlice* Slices;
        public nuint SliceCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc")]
    [SuppressGCTransition]
    internal static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    [SuppressGCTransition]
    internal static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    [SuppressGCTransition]
    internal static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, EpollEvent* change);

    [LibraryImport("libc")]
    internal static partial int epoll_wait(int epoll, EpollEvent* events, int max, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    [SuppressGCTransition]
    internal static partial int epoll_poll(int epoll, EpollEvent* events, int max, int zero);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(int fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(int fd, byte* address, int* length, int flags);

    [LibraryImport("libc")]
    internal static partial int getsockname(int fd, byte* address, int* length);

    [LibraryImport("libc")]
    internal static partial int setsockopt(int fd, int level, int option, int* value, int length);

    [LibraryImport("libc")]
    internal static partial int close(int fd);

    [LibraryImport("libc")]
    internal static partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport("libc")]
    internal static partial nint write(int fd, void* buffer, nuint count);

    /// <summary>The error of the last call that suppressed the GC transition; read at once after it.</summary>
    internal static int ImmediateError => Marshal.GetLastSystemError();

    /// <summary>The error of the last call that records one.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();

    internal static string ErrorText(int error) => Marshal.GetPInvokeErrorMessage(error);
}
