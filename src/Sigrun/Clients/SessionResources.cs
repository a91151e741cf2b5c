using Sigrun.Protocol;
using Sigrun.Storage.Buffers;

namespace Sigrun.Clients;

/// <summary>
/// What the sessions of one I/O thread share: buffers and batches. A session borrows from here while it
/// has something to do, so that an idle connection costs little.
/// </summary>
internal sealed class SessionResources(SegmentDepot? depot = null) : BufferPool(depot)
{
    private const int BatchesPooledMax = 256;

    private readonly Stack<CommandBatch> _batches = new(BatchesPooledMax);

    /// <summary>An empty batch.</summary>
    public CommandBatch RentBatch() => _batches.TryPop(out CommandBatch? batch) ? batch : new CommandBatch();

    /// <summary>Takes a batch back.</summary>
    public void Return(CommandBatch batch)
    {
        batch.Clear();
        if (_batches.Count < BatchesPooledMax) _batches.Push(batch);
        else batch.Dispose();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        while (_batches.TryPop(out CommandBatch? batch)) batch.Dispose();
        base.Dispose(disposing);
    }
}
