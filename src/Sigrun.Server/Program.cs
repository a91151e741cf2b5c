using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Sigrun.Persistence.Checks;
using Sigrun.Storage.Files;

namespace Sigrun.Server;

internal static class Program
{
    /// <summary>Loading a part of the program takes fewer files than this at once.</summary>
    private const int FilesToLoad = 4;

    private static int Main(string[] args)
    {
        try
        {
            return Run(args);
        }
        catch (Exception e) when (e is IOException or TypeLoadException or TypeInitializationException && IsOutOfFiles())
        {
            // Nothing that is not loaded yet can help here, the console and the log included.
            using SafeFileHandle handle = new(2, ownsHandle: false);
            using FileStream error = new(handle, FileAccess.Write, bufferSize: 0);
            error.Write("The limit on open files ('ulimit -n') is not enough for the server to start. Please increase it to at least 10070. Exiting.\n"u8);
            return 1;
        }
    }

    /// <summary>Apart from <see cref="Main"/>, so that what it needs is loaded within the reach of the handler there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Run(string[] args) => CheckUnderName(args) ?? SpecialOptions.TryRun(args) ?? new ServerProcess(args).Run();

    private static bool IsOutOfFiles()
    {
        SafeFileHandle?[] files = new SafeFileHandle?[FilesToLoad];
        try
        {
            for (int i = 0; i < files.Length; i++) files[i] = File.OpenHandle("/dev/null");
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        finally
        {
            foreach (SafeFileHandle? file in files) file?.Dispose();
        }
    }

    /// <summary>Started by the name of the tool that checks files, through a link, the program is that tool.</summary>
    private static int? CheckUnderName(string[] args)
    {
        ReadOnlySpan<byte> name = SystemReport.ProgramName();
        name = name[(name.LastIndexOf((byte)'/') + 1)..];
        return name.SequenceEqual("sigrun-check-rdb"u8) || name.SequenceEqual("valkey-check-rdb"u8) || name.SequenceEqual("redis-check-rdb"u8)
            ? RdbCheckTool.Run(args, new SystemClock(), Console.Out, Console.Error)
            : null;
    }
}
