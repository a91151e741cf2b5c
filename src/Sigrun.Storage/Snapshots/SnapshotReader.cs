using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Snapshots;

/// <summary>What one piece of a large value is.</summary>
public enum SnapshotPieceKind : byte
{
    /// <summary>The value is complete.</summary>
    End,

    /// <summary>A length or count.</summary>
    Length,

    /// <summary>Eight bytes.</summary>
    UInt64,

    /// <summary>A string.</summary>
    String,

    /// <summary>A string in compressed form.</summary>
    Compressed,

    /// <summary>A string, of which only the length is told: <see cref="Raw"/> pieces follow.</summary>
    LongString,

    /// <summary>A string, of whose compressed form only the lengths are told: <see cref="Raw"/> pieces follow.</summary>
    LongCompressed,

    /// <summary>Bytes without a length.</summary>
    Raw,
}

/// <summary>A piece of a large value.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly ref struct SnapshotPiece
{
    /// <summary>What it is.</summary>
    public required SnapshotPieceKind Kind { get; init; }

    /// <summary>A length, eight bytes, or the length of a string that is compressed or long.</summary>
    public ulong Number { get; init; }

    /// <summary>How many bytes the compressed form of a long string has.</summary>
    public int StoredLength { get; init; }

    /// <summary>Its bytes; valid until the next piece is asked for.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }
}

/// <summary>Reads a snapshot while the engine's thread copies it, on another thread; waits where nothing is there yet.</summary>
/// <remarks>All functions throw <see cref="OperationCanceledException"/> once the snapshot was cancelled.</remarks>
public sealed unsafe class SnapshotReader(SnapshotPipe pipe, BigValueLender lender)
{
    private SnapshotQueue? _pieces;
    private nint _lent;

    /// <summary>Whether the value of the last key comes in pieces (<see cref="ReadPiece"/>): its entry has none.</summary>
    public bool IsInPieces => _pieces is not null;

    /// <summary>Whether that value is a hash some of whose fields expire.</summary>
    public bool HasFieldExpiry { get; private set; }

    /// <summary>The next key; false at the end. Pieces of the one before that were not read are lost.</summary>
    /// <param name="database">The number of its database.</param>
    /// <param name="entry">Its entry, readable until the next call.</param>
    public bool TryNext(out int database, out EntryRef entry)
    {
        GiveBack();
        while (_pieces is not null) ReadPiece();
        pipe.Cancellation.ThrowIfCancellationRequested();
        SnapshotKeyKind kind = ReadKey(out database, out entry);
        if (kind == SnapshotKeyKind.InQueue) _pieces = NextValue();
        return kind != SnapshotKeyKind.End;
    }

    /// <summary>The next piece of the value; the last one says so.</summary>
    public SnapshotPiece ReadPiece()
    {
        SnapshotQueue queue = _pieces ?? throw new InvalidOperationException("The value is whole.");
        byte* at = Open(queue, isKey: false);
        var kind = (SnapshotPieceKind)(*at++);
        SnapshotPiece piece;
        switch (kind)
        {
            case SnapshotPieceKind.End:
                piece = new SnapshotPiece { Kind = kind };
                break;
            case SnapshotPieceKind.Length or SnapshotPieceKind.UInt64 or SnapshotPieceKind.LongString:
                piece = new SnapshotPiece { Kind = kind, Number = Unsafe.ReadUnaligned<ulong>(at) };
                at += sizeof(ulong);
                break;
            case SnapshotPieceKind.Compressed or SnapshotPieceKind.LongCompressed:
                uint length = Unsafe.ReadUnaligned<uint>(at);
                int stored = Unsafe.ReadUnaligned<int>(at + sizeof(int));
                at += 2 * sizeof(int);
                var compressed = new ReadOnlySpan<byte>(at, kind == SnapshotPieceKind.Compressed ? stored : 0);
                piece = new SnapshotPiece { Kind = kind, Number = length, StoredLength = stored, Bytes = compressed };
                at += compressed.Length;
                break;
            case SnapshotPieceKind.String or SnapshotPieceKind.Raw:
                var bytes = new ReadOnlySpan<byte>(at + sizeof(int), Unsafe.ReadUnaligned<int>(at));
                piece = new SnapshotPiece { Kind = kind, Bytes = bytes };
                at += sizeof(int) + bytes.Length;
                break;
            default:
                throw new HeapCorruptionException($"A value of a snapshot has a piece of kind {kind}.");
        }
        queue.Position = (int)(at - queue.Current!.Bytes);
        if (kind == SnapshotPieceKind.End) EndPieces(queue);
        return piece;
    }

    /// <summary>Ends reading, whether all was read or not.</summary>
    public void Close()
    {
        GiveBack();
        if (_pieces is { } queue && queue != pipe.Keys)
        {
            // The engine may be writing to it.
            pipe.Values.Enqueue(queue);
            _pieces = null;
        }
        pipe.Close();
    }

    /// <summary>Gives back what was lent and never read. On the engine's thread, after both sides have ended.</summary>
    public void GiveBackUnread()
    {
        while (pipe.Keys.HasUnread)
        {
            if (_pieces is not null) ReadPiece();
            else if (ReadKey(out _, out _) == SnapshotKeyKind.End) return;
            GiveBack();
        }
    }

    private SnapshotKeyKind ReadKey(out int database, out EntryRef entry)
    {
        SnapshotQueue keys = pipe.Keys;
        byte* at = Open(keys, isKey: true);
        var kind = (SnapshotKeyKind)(*at);
        database = 0;
        entry = default;
        if (kind == SnapshotKeyKind.End)
        {
            keys.Position = keys.Current!.Length;
            return kind;
        }
        SnapshotKey key = *(SnapshotKey*)at;
        byte* copy = at + sizeof(SnapshotKey);
        byte* structure = copy + SnapshotQueue.StructureOffset(key.EntryBytes);
        keys.Position = (int)(structure + key.StructureBytes - keys.Current!.Bytes);
        if (key.StructureBytes > 0) EntryHeader.SetPointer(copy, structure);
        database = key.Database;
        entry = new EntryRef(copy);
        HasFieldExpiry = key.HasFieldExpiry;
        if (key.IsLent) _lent = (nint)entry.BigValue.Block + BigValue.HeaderBytes;
        if (kind == SnapshotKeyKind.InPieces) _pieces = keys;
        return kind;
    }

    private SnapshotQueue NextValue() =>
        pipe.Values.TryDequeue(out SnapshotQueue? queue) ? queue : throw new HeapCorruptionException("A value of a snapshot is missing.");

    private void EndPieces(SnapshotQueue queue)
    {
        _pieces = null;
        if (queue == pipe.Keys) return;
        pipe.Return(queue.Current!);
        queue.Current = null;
    }

    /// <summary>Where to read on in a queue; goes to the next chunk at the end of one.</summary>
    private byte* Open(SnapshotQueue queue, bool isKey)
    {
        int position = isKey ? SnapshotQueue.AlignKey(queue.Position) : queue.Position;
        while (queue.Current is null || position >= queue.Current.Length)
        {
            if (queue.Current is { } read)
            {
                queue.Current = null;
                pipe.Return(read);
            }
            queue.Current = pipe.Take(queue);
            position = queue.Position = 0;
        }
        return queue.Current.Bytes + position;
    }

    private void GiveBack()
    {
        if (_lent != 0) lender.Release(_lent);
        _lent = 0;
    }
}
