using System.Runtime.InteropServices;

namespace Sigrun.Cli.Platform;

/// <summary>Ctrl-C, as what a mode of the tool makes of it.</summary>
internal static class Interrupts
{
    private const int Interrupt = 2;
    private const nint Default = 0;

    /// <summary>
    /// Has Ctrl-C do something else, also where the tool was started with the signal ignored, as shells do with commands in the
    /// background: the runtime would leave it at that. At most once in a process.
    /// </summary>
    public static PosixSignalRegistration Catch(Action<PosixSignalContext> handler)
    {
        _ = Libc.SetSignal(Interrupt, Default);
        return PosixSignalRegistration.Create(PosixSignal.SIGINT, handler);
    }
}
