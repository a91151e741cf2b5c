using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun;

/// <summary>What surrounds a server: a process of its own, or a program that has it among other things.</summary>
internal interface IServerEnvironment
{
    /// <summary>Whether a server is of no use that listens nowhere.</summary>
    bool NeedsListener { get; }

    /// <summary>Whether a failure ends the server alone; else it goes on to end the process.</summary>
    bool OutlivesFailures { get; }

    /// <summary>The processors for threads in the background; null for those of the thread that starts them.</summary>
    string? BackgroundProcessors { get; }

    /// <summary>Who has started the process and waits to hear from it, as INFO names it; "no" for nobody.</summary>
    string SupervisorName { get; }

    /// <summary>Tells whoever that is how far the end of the server is.</summary>
    void TellSupervisor(string message);

    /// <summary>The server listens elsewhere now.</summary>
    void OnListenersChanged();

    /// <summary>Makes room for the clients that the settings allow; null, or why there is none.</summary>
    string? MakeRoomForClients(NetworkSettings settings, ServerLog log);

    /// <summary>Goes where the data lives, if the server has the choice.</summary>
    /// <exception cref="UnauthorizedAccessException">The process may not go there.</exception>
    /// <exception cref="IOException">It cannot.</exception>
    void EnterDirectory(string path);

    /// <summary>The server cannot keep what it has promised: nothing more may be answered.</summary>
    void OnFatal(ServerLog log);
}
