using Sigrun.Persistence.Checks;

namespace Sigrun.Server;

internal static class Program
{
    private static int Main(string[] args) => CheckUnderName(args) ?? SpecialOptions.TryRun(args) ?? new ServerProcess(args).Run();

    /// <summary>Started by the name of the tool that checks files, through a link, the program is that tool.</summary>
    private static int? CheckUnderName(string[] args)
    {
        // The runtime tells what the link leads to.
        const string CommandLine = "/proc/self/cmdline";
        if (!OperatingSystem.IsLinux()) return null;
        string start = System.Text.Encoding.UTF8.GetString(System.IO.File.ReadAllBytes(CommandLine));
        return Path.GetFileName(start.Split('\0')[0]) is "sigrun-check-rdb" or "valkey-check-rdb" or "redis-check-rdb"
            ? RdbCheckTool.Run(args, new SystemClock(), Console.Out, Console.Error)
            : null;
    }
}
