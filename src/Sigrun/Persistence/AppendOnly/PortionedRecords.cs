using Sigrun.Configuration;
using Sigrun.Storage;
using Sigrun.Storage.Snapshots;
using Sigrun.Types;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>
/// The same keys for a writer that has no use for pieces: a collection that comes in pieces is several entries of its key,
/// each with some of the elements, of which only the last has the expiry.
/// </summary>
/// <remarks>
/// Strings are put together whole, and so are streams, whose groups only make sense behind all entries. One portion at a
/// time, in memory of its own; for the thread that writes.
/// </remarks>
internal sealed class PortionedRecords(IRdbRecords records, EngineSettings settings, long nowMs) : IRdbRecords, IDisposable
{
    /// <summary>Elements of a portion, or nodes of a list, unless they are large: as many as a command adds.</summary>
    private const ulong ElementsMax = CommandWriter.ElementsMax;

    private const int LargeBytes = 1 << 20;

    private readonly RdbWriter _elements = new() { Compresses = false };
    private readonly RdbWriter _value = new() { Compresses = false };
    private readonly ScratchBuffer _scratch = new();
    private Heap? _heap;
    private EntryRef _made;
    private byte[] _key = [];
    private EntryType _type;
    private RdbType _form;
    private long _expiryMs;
    private int _database;
    private ulong _left;

    /// <inheritdoc/>
    public bool TryNext(out int database, out EntryRef entry)
    {
        Free();
        if (_left == 0)
        {
            if (!records.TryNext(out database, out entry)) return false;
            if (records.Pieces is not { } value) return true;
            Begin(database, entry, value);
        }
        database = _database;
        if (PiecesPerElement > 0) PutPortion(records.Pieces!);
        else RdbPieces.Write(records.Pieces!, _value);
        entry = _made = Load();
        return true;
    }

    /// <inheritdoc/>
    public (long Keys, long Expiring) Sizes(int database) => records.Sizes(database);

    /// <inheritdoc/>
    public void Dispose() => _heap?.Dispose();

    /// <summary>How many pieces an element is; 0 for what is put together whole.</summary>
    private int PiecesPerElement => _form switch
    {
        RdbType.Set => 1,
        RdbType.Hash or RdbType.SortedSet2 or RdbType.ListQuicklist2 => 2,
        RdbType.Hash2 => 3,
        _ => 0,
    };

    /// <summary>Keeps what is known of the key: its entry ends when the pieces are read.</summary>
    private void Begin(int database, EntryRef entry, SnapshotReader value)
    {
        _database = database;
        _key = entry.Key.ToArray();
        _type = entry.Type;
        _form = RdbPieces.FormOf(_type, value.HasFieldExpiry, RdbFormat.Version);
        _expiryMs = entry.ExpiryMs;
        if (PiecesPerElement > 0) _left = value.ReadPiece().Number;
    }

    private void PutPortion(SnapshotReader value)
    {
        ulong count = 0;
        for (; count < Math.Min(_left, ElementsMax) && _elements.Written.Length < LargeBytes; count++)
        {
            for (int piece = 0; piece < PiecesPerElement; piece++) RdbPieces.TryWriteNext(value, _elements);
        }
        _left -= count;
        _value.WriteLength(count);
        _value.WriteRaw(_elements.Written);
        if (_left == 0) value.ReadPiece();
    }

    private EntryRef Load()
    {
        _heap ??= new Heap();
        var target = new LoadTarget(_heap, settings, nowMs, _key, _left == 0 ? _expiryMs : -1);
        var reader = new RdbReader(_value.Written, _scratch, int.MaxValue);
        ValueTypes.Of(_type).Load(_form, ref reader, ref target);
        return target.Entry;
    }

    private void Free()
    {
        if (_made.IsNull) return;
        DetachedEntry.Free(_heap!, _made);
        _made = default;
        _elements.Clear();
        _value.Clear();
        _scratch.Release();
    }
}
