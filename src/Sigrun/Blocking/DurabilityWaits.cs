using Sigrun.Clients;
using Sigrun.Persistence.AppendOnly;

namespace Sigrun.Blocking;

/// <summary>The clients that wait until their writes are on the disk: their command runs again whenever more is.</summary>
internal sealed class DurabilityWaits(Engine engine)
{
    private List<(ClientSession Client, long Number)> _waiting = [];
    private List<(ClientSession Client, long Number)> _serving = [];
    private long _servedOffset = -1;

    /// <summary>Clients in the list, gone ones included.</summary>
    public int Count => _waiting.Count;

    /// <summary>Notes that a client has blocked.</summary>
    public void Add(ClientSession client) => _waiting.Add((client, client.Wait!.Number));

    /// <summary>Runs the commands again if more is on the disk than before, or nothing is recorded any more.</summary>
    public void Serve()
    {
        AppendOnlyFile? file = engine.AppendOnlyFile;
        if (file is { IsOn: true } && file.DurableOffset == _servedOffset) return;
        _servedOffset = file is { IsOn: true } ? file.DurableOffset : -1;
        (_waiting, _serving) = (_serving, _waiting);
        foreach ((ClientSession client, long number) in _serving)
        {
            if (client.IsBlocked && client.Wait!.Number == number) engine.Executor.Rerun(client);
        }
        _serving.Clear();
    }
}
