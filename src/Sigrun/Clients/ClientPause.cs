using Sigrun.Commands;

namespace Sigrun.Clients;

/// <summary>CLIENT PAUSE: for some time clients wait before their next command, or before their next one that writes.</summary>
/// <remarks>
/// A paused client is suspended with its request still in its batch, and goes on from there: what was a mistake is
/// refused at once, what would have run is looked at afresh. No key expires meanwhile: it is not seen, and not removed
/// before the pause is over. While nobody is paused none of this costs anything, since sessions know whether their
/// commands run plainly.
/// </remarks>
internal sealed class ClientPause(Engine engine)
{
    private HashSet<ClientSession>? _waiting;
    private bool _holdsAll;

    /// <summary>True while clients are paused.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Clients that wait because of it.</summary>
    public int WaitingCount => _waiting?.Count ?? 0;

    /// <summary>When it is over, in milliseconds since 1970.</summary>
    public long EndMs { get; private set; }

    /// <summary>Which commands wait, as INFO tells it.</summary>
    public ReadOnlySpan<byte> Mode => !IsActive ? "none"u8 : _holdsAll ? "all"u8 : "write"u8;

    /// <summary>Whether what is due may be removed: not while clients are paused, but for a command that writes nevertheless.</summary>
    public bool AllowsExpiry => !IsActive || engine.Executor.IsRunningWrite;

    /// <summary>Pauses clients. A pause that lasts longer, or holds more, is not cut short.</summary>
    public void Begin(long endMs, bool holdsAll)
    {
        bool heldAll = IsActive && _holdsAll;
        EndMs = IsActive ? Math.Max(EndMs, endMs) : endMs;
        _holdsAll = heldAll || holdsAll;
        IsActive = true;
        UpdateSessions();
        EndIfDue();
    }

    /// <summary>Ends the pause.</summary>
    public void End()
    {
        if (!IsActive) return;
        IsActive = false;
        UpdateSessions();
        if (_waiting is null) return;
        foreach (ClientSession client in _waiting)
        {
            client.WaitsForPause = false;
            engine.Resume(client);
        }
        _waiting.Clear();
    }

    /// <summary>Ends the pause when its time is over.</summary>
    public void EndIfDue()
    {
        if (IsActive && EndMs <= engine.NowMs) End();
    }

    /// <summary>Milliseconds until its end, at most the given number.</summary>
    public int NextTimeoutMs(int most) => IsActive ? (int)Math.Clamp(EndMs - engine.NowMs, 0, most) : most;

    /// <summary>Whether a client's command has to wait; EXEC does when one of the queued commands has to.</summary>
    public bool Holds(ClientSession client, int commandId)
    {
        if (!IsActive) return false;
        if (_holdsAll || MayWrite(commandId)) return true;
        if (!client.IsInTransaction || commandId != CommandIds.Exec) return false;
        SavedRequests queue = client.Transaction!.Queue;
        for (int i = 0; i < queue.Count; i++)
        {
            if (MayWrite(queue.CommandId(i))) return true;
        }
        return false;
    }

    /// <summary>Makes a client wait, whose request has not run.</summary>
    public void Postpone(ClientSession client)
    {
        (_waiting ??= []).Add(client);
        client.WaitsForPause = true;
        client.Suspend();
    }

    /// <summary>A client is gone.</summary>
    public void Forget(ClientSession client) => _waiting?.Remove(client);

    private static bool MayWrite(int commandId) =>
        ((CommandFlags)CommandTable.FlagBits[commandId] & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0;

    private void UpdateSessions()
    {
        foreach (ClientSession client in engine.Clients.All) client.UpdateRunsPlainly();
    }
}
