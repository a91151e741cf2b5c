using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// With only blittable parameters this lets the calls be compiled ahead of time instead of at start.
[assembly: DisableRuntimeMarshalling]

namespace Sigrun.Cli.Platform;

/// <summary>The C library calls that concern terminals and streams. Addresses are passed as references to what lies there.</summary>
internal static class Libc
{
    /// <summary>An interrupted call.</summary>
    public const int Interrupted = 4;

    /// <summary>Something can be read.</summary>
    public const short PollIn = 1;

    /// <summary>The request for the size of a terminal.</summary>
    public const nuint GetWindowSize = 0x5413;

    /// <summary>Whether a descriptor is a terminal.</summary>
    [DllImport("libc", EntryPoint = "isatty"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int IsTerminal(int descriptor);

    /// <summary>Reads from a descriptor.</summary>
    [DllImport("libc", EntryPoint = "read"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint Read(int descriptor, nint bytes, nint count);

    /// <summary>Writes to a descriptor.</summary>
    [DllImport("libc", EntryPoint = "write"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint Write(int descriptor, nint bytes, nint count);

    /// <summary>Waits until something happens with one of several descriptors.</summary>
    [DllImport("libc", EntryPoint = "poll"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Poll(nint descriptors, nuint count, int milliseconds);

    /// <summary>Gives a signal a handler, or what it does by default.</summary>
    [DllImport("libc", EntryPoint = "signal"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint SetSignal(int signal, nint handler);

    /// <summary>Reads the settings of a terminal.</summary>
    [DllImport("libc", EntryPoint = "tcgetattr"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int GetTerminal(int descriptor, nint settings);

    /// <summary>Changes the settings of a terminal.</summary>
    [DllImport("libc", EntryPoint = "tcsetattr"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SetTerminal(int descriptor, int when, nint settings);

    /// <summary>Asks a terminal.</summary>
    [DllImport("libc", EntryPoint = "ioctl"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Control(int descriptor, nuint request, nint argument);
}
