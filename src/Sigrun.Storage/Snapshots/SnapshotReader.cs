using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Snapshots;

/// <summary>What one piece of a large value is.</summary>
public enum SnapshotPieceKind
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
        SnapshotItem item = ReadKey(out database, out entry);
        if (item == SnapshotItem.KeyOfQueue) _pieces = NextValue();
        return item != SnapshotItem.End;
    }

    /// <summary>The next piece of the value; the last one says so.</summary>
    public SnapshotPiece ReadPiece()
    {
        SnapshotQueue queue = _pieces ?? throw new InvalidOperationException("The value is whole.");
        byte* at = Open(queue, isKey: false);
        var item = (SnapshotItem)(*at++);
        SnapshotPiece piece;
        switch (item)
        {
            case SnapshotItem.End:
                piece = new SnapshotPiece { Kind = SnapshotPieceKind.End };
                break;
            case SnapshotItem.Length or SnapshotItem.UInt64 or SnapshotItem.LongString:
                piece = new SnapshotPiece { Kind = KindOf(item), Number = Unsafe.ReadUnaligned<ulong>(at) };
                at += sizeof(ulong);
                break;
            case SnapshotItem.Compressed:
                var compressed = new ReadOnlySpan<byte>(at + 2 * sizeof(int), Unsafe.ReadUnaligned<int>(at + sizeof(int)));
                piece = new SnapshotPiece { Kind = KindOf(item), Number = Unsafe.ReadUnaligned<uint>(at), Bytes = compressed };
                at += 2 * sizeof(int) + compressed.Length;
                break;
            default:
                var bytes = new ReadOnlySpan<byte>(at + sizeof(int), Unsafe.ReadUnaligned<int>(at));
                piece = new SnapshotPiece { Kind = KindOf(item), Bytes = bytes };
                at += sizeof(int) + bytes.Length;
                break;
        }
        queue.Position = (int)(at - queue.Current!.Bytes);
        if (item == SnapshotItem.End) EndPieces(queue);
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
            else if (ReadKey(out _, out _) == SnapshotItem.End) return;
            GiveBack();
        }
    }

    private static SnapshotPieceKind KindOf(SnapshotItem item) => item switch
    {
        SnapshotItem.Length => SnapshotPieceKind.Length,
        SnapshotItem.UInt64 => SnapshotPieceKind.UInt64,
        SnapshotItem.String => SnapshotPieceKind.String,
        SnapshotItem.Compressed => SnapshotPieceKind.Compressed,
        SnapshotItem.LongString => SnapshotPieceKind.LongString,
        SnapshotItem.Raw => SnapshotPieceKind.Raw,
        _ => throw new HeapCorruptionException($"A snapshot has {item} within a value."),
    };

    private SnapshotItem ReadKey(out int database, out EntryRef entry)
    {
        SnapshotQueue keys = pipe.Keys;
        byte* at = Open(keys, isKey: true);
        var item = (SnapshotItem)(*at);
        database = 0;
        entry = default;
        if (item == SnapshotItem.End)
        {
            keys.Position = keys.Current!.Length;
            return item;
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
        if (item == SnapshotItem.KeyOfPieces) _pieces = keys;
        return item;
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
