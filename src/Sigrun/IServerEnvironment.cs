using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun;

/// <summary>What surrounds a server: a process of its own, or a program that has it among other things.</summary>
internal interface IServerEnvironment
{
    /// <summary>Whether a server is of no use that listens nowhere.</summary>
    bool NeedsListener { get; }

    /// <summary>Makes room for the clients that the settings allow; null, or why there is none.</summary>
    string? MakeRoomForClients(NetworkSettings settings, ServerLog log);

    /// <summary>Goes where the data lives, if the server has the choice.</summary>
    void EnterDirectory(string path);

    /// <summary>The server cannot keep what it has promised: nothing more may be answered.</summary>
    void OnFatal(ServerLog log);
}
