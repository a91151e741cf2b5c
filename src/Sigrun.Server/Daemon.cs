using System.Diagnostics;
using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>daemonize: the program starts itself again, and the second process leaves the terminal.</summary>
/// <remarks>
/// A managed process cannot fork: only the calling thread would live on. The first process checks the configuration,
/// so that its faults are shown on the terminal, starts the second one and exits.
/// </remarks>
internal static class Daemon
{
    private const string Marker = "SIGRUN_DAEMON";
    private const string Descriptors = "/proc/self/fd";

    /// <summary>Whether this is the second process.</summary>
    public static bool IsRunning => Environment.GetEnvironmentVariable(Marker) != null;

    /// <summary>Starts the second process with the same arguments and the same standard input.</summary>
    public static void StartAgain(string[] args, string? standardInput)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = standardInput != null,
        };
        foreach (string arg in args) start.ArgumentList.Add(arg);
        start.Environment[Marker] = "1";
        using Process process = Process.Start(start)!;
        if (standardInput == null) return;
        process.StandardInput.BaseStream.Write(ConfigText.ToBytes(standardInput));
        process.StandardInput.Close();
    }

    /// <summary>Leaves the terminal: a session of its own, and nothing to read from or write to.</summary>
    /// <remarks>The runtime has duplicates of the standard descriptors, for which whoever reads from the other end would wait.</remarks>
    public static void Detach()
    {
        _ = Libc.NewSession();
        using FileStream nothing = new("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        int descriptor = (int)nothing.SafeFileHandle.DangerousGetHandle();
        string?[] standard = [TargetOf("0"), TargetOf("1"), TargetOf("2")];
        foreach (string path in Directory.GetFileSystemEntries(Descriptors))
        {
            string number = Path.GetFileName(path);
            if (TargetOf(number) is { } target && Array.IndexOf(standard, target) >= 0) _ = Libc.Duplicate(descriptor, int.Parse(number, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>What a descriptor leads to; null when it is closed.</summary>
    private static string? TargetOf(string number) => new FileInfo(Path.Combine(Descriptors, number)).LinkTarget;
}
