using Sigrun.Clients;

namespace Sigrun.Blocking;

/// <summary>The clients that wait until their writes are on the disk: their command runs again whenever more is.</summary>
internal sealed class DurabilityWaits(Engine engine)
{
    private List<(ClientSession Client, long Number)>? _waiting;
    private List<(ClientSession Client, long Number)>? _serving;
    private long _servedOffset = -1;

    /// <summary>Clients in the list, gone ones included.</summary>
    public int Count => _waiting?.Count ?? 0;

    /// <summary>Notes that a client has blocked.</summary>
    public void Add(ClientSession client)
    {
        (_waiting ??= []).Add((client, client.Wait!.Number));
        _servedOffset = CurrentOffset;
    }

    /// <summary>What is on the disk; −1 while nothing is recorded.</summary>
    private long CurrentOffset => engine.AppendOnlyFile is { IsOn: true } file ? file.DurableOffset : -1;

    /// <summary>Runs the commands again if more is on the disk than before, or nothing is recorded any more. Between commands only.</summary>
    public void Serve()
    {
        if (CurrentOffset == _servedOffset) return;
        _servedOffset = CurrentOffset;
        (_waiting, _serving) = (_serving, _waiting);
        if (_serving is null) return;
        foreach ((ClientSession client, long number) in _serving)
        {
            if (client.IsBlocked && client.Wait!.Number == number) engine.Executor.Rerun(client);
        }
        _serving.Clear();
    }
}
