namespace Sigrun.Network;

/// <summary>What a listening TCP socket is like.</summary>
/// <param name="Backlog">Connections that may wait to be accepted.</param>
/// <param name="Mark">The system's mark on what it sends, by which packets can be routed and filtered; 0 for none. Taken if the process may.</param>
/// <param name="IsMultipath">Whether connections may go over several networks at once.</param>
public readonly record struct ListenOptions(int Backlog, uint Mark = 0, bool IsMultipath = false);
