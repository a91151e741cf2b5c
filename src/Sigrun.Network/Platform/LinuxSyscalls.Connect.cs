using System.Runtime.InteropServices;

namespace Sigrun.Network.Platform;

/// <summary>What connecting to a server needs beside the rest.</summary>
internal static unsafe partial class LinuxSyscalls
{
    internal const int IPPROTO_MPTCP = 262;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int connect(int fd, byte* address, int length);
}
