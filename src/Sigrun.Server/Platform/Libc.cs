using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// With only blittable parameters this lets the calls be compiled ahead of time instead of at start.
[assembly: DisableRuntimeMarshalling]

namespace Sigrun.Server.Platform;

/// <summary>The C library calls that concern the process. Addresses are passed as numbers, see <see cref="PinnedBytes"/>.</summary>
internal static class Libc
{
    /// <summary>An interrupted call.</summary>
    public const int Interrupted = 4;

    /// <summary>The limit on open files.</summary>
    public const int OpenFilesLimit = 7;

    /// <summary>The scheduling policy of threads that share a core by their priorities.</summary>
    public const int ByShare = 0;

    /// <summary>The scheduling policy of threads that run when no other wants the core.</summary>
    public const int WhenIdle = 5;

    /// <summary>The number of the system call behind <see cref="SetScheduler"/>.</summary>
    public static nint SetSchedulerNumber => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 314 : 274;

    /// <summary>Writes to a descriptor.</summary>
    [DllImport("libc", EntryPoint = "write"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint Write(int descriptor, nint bytes, nint count);

    /// <summary>Whether a descriptor is a terminal.</summary>
    [DllImport("libc", EntryPoint = "isatty"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int IsTerminal(int descriptor);

    /// <summary>Makes one descriptor another name of a second.</summary>
    [DllImport("libc", EntryPoint = "dup2"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Duplicate(int descriptor, int target);

    /// <summary>Leaves the session of the terminal.</summary>
    [DllImport("libc", EntryPoint = "setsid"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int NewSession();

    /// <summary>Ends the process without any of what usually precedes that.</summary>
    [DllImport("libc", EntryPoint = "_exit"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern void ExitNow(int status);

    /// <summary>Splits a time into the parts of local time.</summary>
    [DllImport("libc", EntryPoint = "localtime_r"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint LocalTime(nint seconds, nint parts);

    /// <summary>Reads a limit: the present one and the highest.</summary>
    [DllImport("libc", EntryPoint = "getrlimit"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int GetLimit(int resource, nint limits);

    /// <summary>Gives a thread a scheduling policy with its attributes; the C library has no name for it everywhere.</summary>
    [DllImport("libc", EntryPoint = "syscall"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint SetScheduler(nint number, nint thread, nint attributes, nint flags);

    /// <summary>Maps pages.</summary>
    [DllImport("libc", EntryPoint = "mmap"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint Map(nint address, nint bytes, int protection, int flags, int descriptor, nint offset);

    /// <summary>Says what may be done with pages.</summary>
    [DllImport("libc", EntryPoint = "mprotect"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Protect(nint address, nint bytes, int protection);

    /// <summary>Gives a signal a handler, and tells which one it had.</summary>
    [DllImport("libc", EntryPoint = "sigaction"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SetSignalAction(int signal, nint action, nint before);

    /// <summary>Sends a signal to a process.</summary>
    [DllImport("libc", EntryPoint = "kill"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SendSignal(int process, int signal);

    /// <summary>Makes a pipe: the descriptors to read from and to write to.</summary>
    [DllImport("libc", EntryPoint = "pipe2"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Pipe(nint descriptors, int flags);

    /// <summary>Reads from a descriptor.</summary>
    [DllImport("libc", EntryPoint = "read"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint Read(int descriptor, nint bytes, nint count);

    /// <summary>Has SIGALRM sent after a time.</summary>
    [DllImport("libc", EntryPoint = "setitimer"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SetTimer(int which, nint value, nint before);

    /// <summary>Opens the way to the system's log.</summary>
    [DllImport("libc", EntryPoint = "openlog"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern void OpenLog(nint name, int options, int facility);

    /// <summary>Writes to the system's log, with a format that takes one text.</summary>
    [DllImport("libc", EntryPoint = "syslog"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern void Log(int priority, nint format, nint message);

    /// <summary>Gives a variable of the environment a value, in memory of its own.</summary>
    [DllImport("libc", EntryPoint = "setenv"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SetVariable(nint name, nint value, int overwrites);

    /// <summary>Makes a socket.</summary>
    [DllImport("libc", EntryPoint = "socket"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Socket(int family, int type, int protocol);

    /// <summary>Sends a datagram to an address.</summary>
    [DllImport("libc", EntryPoint = "sendto"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint SendTo(int socket, nint bytes, nint count, int flags, nint address, int addressBytes);

    /// <summary>Closes a descriptor.</summary>
    [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Close(int descriptor);
}
