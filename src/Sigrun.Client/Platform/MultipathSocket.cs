using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// With only blittable parameters this lets the calls be compiled ahead of time instead of at start.
[assembly: DisableRuntimeMarshalling]

namespace Sigrun.Client.Platform;

/// <summary>Sockets that may use several paths (MPTCP); .NET has no name for their protocol.</summary>
internal static class MultipathSocket
{
    private const int InterNetwork = 2;
    private const int InterNetworkV6 = 10;
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int MultipathTcp = 262;

    /// <exception cref="Sigrun.Client.ConnectionException">The system has none.</exception>
    public static Socket Create(AddressFamily family)
    {
        int descriptor = NewSocket(family == AddressFamily.InterNetworkV6 ? InterNetworkV6 : InterNetwork, Stream | CloseOnExec, MultipathTcp);
        if (descriptor < 0) throw new ConnectionException(ConnectionFault.Other, "Can't create socket: " + Marshal.GetPInvokeErrorMessage(Marshal.GetLastSystemError()));
        return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }

    [DllImport("libc", EntryPoint = "socket"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int NewSocket(int family, int type, int protocol);
}
