using System.Runtime.InteropServices;
using Sigrun.Cli.Platform;

namespace Sigrun.Cli.Modes;

/// <summary>Ctrl-C asks a mode to stop and tell what it has found so far.</summary>
internal sealed class InterruptFlag : IDisposable
{
    private readonly PosixSignalRegistration _registration;
    private volatile bool _isSet;

    /// <summary>Catches the signal from now on.</summary>
    public InterruptFlag() => _registration = Interrupts.Catch(context =>
    {
        context.Cancel = true;
        _isSet = true;
    });

    /// <summary>Whether the user wants to stop.</summary>
    public bool IsSet => _isSet;

    /// <inheritdoc/>
    public void Dispose() => _registration.Dispose();
}
