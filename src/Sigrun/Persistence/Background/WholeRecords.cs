using Sigrun.Configuration;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Persistence.Background;

/// <summary>The same keys with values that come in pieces put together, for a writer that needs them whole.</summary>
/// <remarks>One value at a time, in memory of its own; for the thread that writes.</remarks>
internal sealed class WholeRecords(IRdbRecords records, EngineSettings settings, long nowMs) : IRdbRecords, IDisposable
{
    private readonly Heap _heap = new();
    private readonly RdbWriter _writer = new() { Compresses = false };
    private readonly ScratchBuffer _scratch = new();
    private EntryRef _made;

    /// <inheritdoc/>
    public bool TryNext(out int database, out EntryRef entry)
    {
        Free();
        if (!records.TryNext(out database, out entry)) return false;
        if (records.Pieces is not { } pieces) return true;
        RdbType form = RdbPieces.FormOf(entry.Type, pieces.HasFieldExpiry, RdbFormat.Version);
        RdbPieces.Write(pieces, _writer);
        var target = new LoadTarget(_heap, settings, nowMs, entry.Key, entry.ExpiryMs);
        var reader = new RdbReader(_writer.Written, _scratch, int.MaxValue);
        ValueTypes.Of(entry.Type).Load(form, ref reader, ref target);
        entry = _made = target.Entry;
        return true;
    }

    /// <inheritdoc/>
    public (long Keys, long Expiring) Sizes(int database) => records.Sizes(database);

    /// <inheritdoc/>
    public void Dispose() => _heap.Dispose();

    private void Free()
    {
        if (_made.IsNull) return;
        DetachedEntry.Free(_heap, _made);
        _made = default;
        _writer.Clear();
        _scratch.Release();
    }
}
