using System.Runtime.InteropServices;
using Sigrun.Observability;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>SIGTERM and SIGINT end the server in good order, a second SIGINT at once; SIGHUP means nothing.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly ServerLog _log;
    private readonly Action<PosixSignal> _stop;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _received;

    /// <summary>Begins to listen.</summary>
    /// <param name="log">Told of each signal.</param>
    /// <param name="stop">Called on the first one, on a thread of the runtime.</param>
    public StopSignals(ServerLog log, Action<PosixSignal> stop)
    {
        _log = log;
        _stop = stop;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true));
    }

    /// <summary>The server has not ended after all: the next signal is the first again.</summary>
    public void Reset() => Interlocked.Exchange(ref _received, 0);

    /// <summary>Gives the signals back.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        bool first = Interlocked.Exchange(ref _received, 1) == 0;
        if (!first && context.Signal == PosixSignal.SIGINT)
        {
            _log.Signal("You insist... exiting now.");
            _log.Flush();
            Libc.ExitNow(1);
        }

        _log.Signal($"Received {context.Signal} scheduling shutdown...");
        if (first) _stop(context.Signal);
    }
}
