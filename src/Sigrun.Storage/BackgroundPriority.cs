using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>Makes threads that only clear up give way to those that serve, where both share a core.</summary>
public static partial class BackgroundPriority
{
    private const int WhichThread = 0;

    /// <summary>How nice such threads are: they get a tenth of a core that another wants.</summary>
    public const int Niceness = 10;

    /// <summary>Lowers the priority of the calling thread for good; does nothing where the system cannot do that to one thread.</summary>
    public static void Take()
    {
        if (OperatingSystem.IsLinux()) _ = SetPriority(WhichThread, 0, Niceness);
        else Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
    }

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, uint who, int priority);
}
