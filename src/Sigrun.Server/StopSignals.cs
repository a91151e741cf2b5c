using System.Runtime.InteropServices;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>SIGTERM and SIGINT end the server in good order, a second SIGINT at once; SIGHUP means nothing.</summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>SIGINT.</summary>
    private const int Interrupt = 2;

    /// <summary>SIGUSR2, which ends no server of Valkey.</summary>
    private const int UserSignal2 = 12;

    private readonly ServerLog _log;
    private readonly ServerInstance _instance;
    private readonly Func<PosixSignal, ShutdownOptions> _optionsOf;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _received;

    /// <summary>Begins to listen.</summary>
    /// <param name="log">Told of each signal.</param>
    /// <param name="instance">Ends with the first one, unless it goes on after all: then the next one is the first again.</param>
    /// <param name="optionsOf">How it is to end, asked when it does.</param>
    public StopSignals(ServerLog log, ServerInstance instance, Func<PosixSignal, ShutdownOptions> optionsOf)
    {
        _log = log;
        _instance = instance;
        _optionsOf = optionsOf;
        instance.ShutdownCancelled = () => Interlocked.Exchange(ref _received, 0);
        // Shells start commands in the background with SIGINT ignored, which the runtime would leave at that.
        SignalTrap.Forget(Interrupt);
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true));
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)UserSignal2, static context => context.Cancel = true));
    }

    /// <summary>Gives the signals back.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        PosixSignal signal = context.Signal;
        bool first = Interlocked.Exchange(ref _received, 1) == 0;
        if (!first && signal == PosixSignal.SIGINT)
        {
            _log.Signal("You insist... exiting now.");
            _log.Flush();
            _instance.DeleteTemporaryFiles();
            Libc.ExitNow(1);
        }

        _log.Signal(_instance.IsLoading
            ? "Received shutdown signal during loading, scheduling shutdown."
            : $"Received {signal} scheduling shutdown...");
        if (first) _instance.Shutdown(() => _optionsOf(signal));
    }
}
