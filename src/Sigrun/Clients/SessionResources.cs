using Sigrun.Protocol;
using Sigrun.Storage.Buffers;

namespace Sigrun.Clients;

/// <summary>
/// What the sessions of one I/O thread share: buffers, batches, and how requests are limited. A session
/// borrows from here while it has something to do, so that an idle connection costs little.
/// </summary>
internal sealed class SessionResources : IDisposable
{
    private const int BatchesPooledMax = 64;

    private readonly Stack<CommandBatch> _batches = new(BatchesPooledMax);

    /// <summary>Input buffers and output segments.</summary>
    public BufferPool Buffers { get; } = new();

    /// <summary>An empty batch.</summary>
    public CommandBatch RentBatch() => _batches.TryPop(out CommandBatch? batch) ? batch : new CommandBatch();

    /// <summary>Takes a batch back.</summary>
    public void Return(CommandBatch batch)
    {
        batch.Clear();
        if (_batches.Count < BatchesPooledMax) _batches.Push(batch);
        else batch.Dispose();
    }

    /// <summary>Releases what is pooled.</summary>
    public void Dispose()
    {
        while (_batches.TryPop(out CommandBatch? batch)) batch.Dispose();
        Buffers.Dispose();
    }
}
