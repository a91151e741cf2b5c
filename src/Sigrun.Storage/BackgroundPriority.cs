using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>Makes threads that only clear up give way to those that serve, where both share a core.</summary>
public static partial class BackgroundPriority
{
    private const int WhichThread = 0;
    private const int Niceness = 10;

    /// <summary>Lowers the priority of the calling thread for good; does nothing where the system cannot do that to one thread.</summary>
    public static void Take()
    {
        if (OperatingSystem.IsLinux()) Give(0);
        else Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
    }

    /// <summary>Lowers the priority of a thread that the system knows by this number; 0 is the calling one. On Linux only.</summary>
    public static void Give(int thread) => _ = SetPriority(WhichThread, (uint)thread, Niceness);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, uint who, int priority);
}
