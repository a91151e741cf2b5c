using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Snapshots;

/// <summary>What stands where a key may stand.</summary>
internal enum SnapshotKeyKind : byte
{
    /// <summary>The end of the snapshot.</summary>
    End,

    /// <summary>A key with its whole value.</summary>
    Whole,

    /// <summary>A key whose value follows in pieces.</summary>
    InPieces,

    /// <summary>A key whose value comes in pieces through a queue of its own.</summary>
    InQueue,
}

/// <summary>What is known of a key that is part of a snapshot; the bytes of entry and structure follow.</summary>
internal struct SnapshotKey
{
    public SnapshotKeyKind Kind;

    /// <summary>Whether fields of the hash expire.</summary>
    public bool HasFieldExpiry;

    /// <summary>Whether the string is lent, and to be given back.</summary>
    public bool IsLent;
    public int Database;
    public int EntryBytes;
    public int StructureBytes;
}

/// <summary>A queue of pieces: filled by the engine's thread, emptied by another.</summary>
/// <remarks>A piece lies in one chunk. Keys begin at addresses that are multiples of eight.</remarks>
internal sealed unsafe class SnapshotQueue(SnapshotPipe pipe, int chunkBytes) : IValueSink
{
    private const int Alignment = 8;

    private readonly ConcurrentQueue<SnapshotChunk> _ready = [];
    private SnapshotChunk? _open;
    private int _chunkBytes = chunkBytes;

    /// <summary>Where to read on, for the reader alone.</summary>
    public SnapshotChunk? Current { get; set; }

    /// <summary>How far the current chunk was read.</summary>
    public int Position { get; set; }

    /// <summary>Whether nothing can be taken.</summary>
    public bool IsEmpty => _ready.IsEmpty;

    /// <summary>Whether something was published and not read.</summary>
    public bool HasUnread => Current is { } chunk && Position < chunk.Length || !_ready.IsEmpty;

    /// <summary>Chunks that were not taken yet: what bounds how far a large value is copied ahead.</summary>
    public int Chunks => _ready.Count;

    /// <summary>Whether what is written is thrown away, since nobody wants it any more.</summary>
    public bool IsDiscarding { get; set; }

    public bool TryTake([NotNullWhen(true)] out SnapshotChunk? chunk) => _ready.TryDequeue(out chunk);

    /// <summary>A key with a value that lies in its entry, or in one block beside it.</summary>
    public void WriteKey(SnapshotKeyKind kind, int database, byte* entry, byte* structure = null, int structureBytes = 0, bool hasFieldExpiry = false, bool isLent = false)
    {
        int entryBytes = (int)EntryHeader.TotalBytes(entry);
        int entryRoom = StructureOffset(entryBytes);
        byte* at = Reserve(sizeof(SnapshotKey) + entryRoom + structureBytes + Alignment, isAligned: true);
        *(SnapshotKey*)at = new SnapshotKey
        {
            Kind = kind,
            Database = database,
            EntryBytes = entryBytes,
            StructureBytes = structureBytes,
            HasFieldExpiry = hasFieldExpiry,
            IsLent = isLent,
        };
        at += sizeof(SnapshotKey);
        Unsafe.CopyBlockUnaligned(at, entry, (uint)entryBytes);
        if (structureBytes > 0) Unsafe.CopyBlockUnaligned(at + entryRoom, structure, (uint)structureBytes);
        _open!.Length = (int)(at + entryRoom + structureBytes - _open.Bytes);
    }

    /// <summary>Where the structure lies beside an entry of that size.</summary>
    public static int StructureOffset(int entryBytes) => AlignKey(entryBytes);

    /// <summary>Where the next key begins behind a place.</summary>
    public static int AlignKey(int position) => (position + Alignment - 1) & -Alignment;

    /// <summary>The end of a value in pieces.</summary>
    public void WriteEnd() => Take(SnapshotPieceKind.End, 0);

    /// <summary>The end of the snapshot.</summary>
    public void WriteEndOfKeys()
    {
        byte* at = Reserve(1, isAligned: true);
        *at = (byte)SnapshotKeyKind.End;
        _open!.Length++;
    }

    /// <summary>A string whose bytes follow in pieces.</summary>
    public void WriteLongString(int length) => *(ulong*)Take(SnapshotPieceKind.LongString, sizeof(ulong)) = (ulong)length;

    /// <summary>A string whose compressed form follows in pieces.</summary>
    public void WriteLongCompressed(int stored, int length)
    {
        byte* at = Take(SnapshotPieceKind.LongCompressed, 2 * sizeof(int));
        Unsafe.WriteUnaligned(at, length);
        Unsafe.WriteUnaligned(at + sizeof(int), stored);
    }

    public void WriteLength(ulong length) => *(ulong*)Take(SnapshotPieceKind.Length, sizeof(ulong)) = length;

    public void WriteUInt64(ulong value) => *(ulong*)Take(SnapshotPieceKind.UInt64, sizeof(ulong)) = value;

    public void WriteString(ReadOnlySpan<byte> value) => WriteBytes(SnapshotPieceKind.String, value);

    public void WriteRaw(ReadOnlySpan<byte> bytes) => WriteBytes(SnapshotPieceKind.Raw, bytes);

    public void WriteCompressed(ReadOnlySpan<byte> compressed, int length)
    {
        byte* at = Take(SnapshotPieceKind.Compressed, 2 * sizeof(int) + compressed.Length);
        Unsafe.WriteUnaligned(at, length);
        Unsafe.WriteUnaligned(at + sizeof(int), compressed.Length);
        compressed.CopyTo(new Span<byte>(at + 2 * sizeof(int), compressed.Length));
    }

    /// <summary>Lets the reader have what was written so far.</summary>
    public void Publish()
    {
        if (_open is not { Length: > 0 }) return;
        if (IsDiscarding)
        {
            _open.Length = 0;
            return;
        }
        pipe.Count(_open.Length);
        _ready.Enqueue(_open);
        _open = null;
        pipe.Published();
    }

    /// <summary>Frees what was not taken.</summary>
    public void Free()
    {
        _open?.Free();
        Current?.Free();
        while (_ready.TryDequeue(out SnapshotChunk? chunk)) chunk.Free();
    }

    private void WriteBytes(SnapshotPieceKind kind, ReadOnlySpan<byte> bytes)
    {
        byte* at = Take(kind, sizeof(int) + bytes.Length);
        Unsafe.WriteUnaligned(at, bytes.Length);
        bytes.CopyTo(new Span<byte>(at + sizeof(int), bytes.Length));
    }

    private byte* Take(SnapshotPieceKind kind, int bytes)
    {
        byte* at = Reserve(1 + bytes, isAligned: false);
        *at = (byte)kind;
        _open!.Length += 1 + bytes;
        return at + 1;
    }

    private byte* Reserve(int bytes, bool isAligned)
    {
        if (_open is not null)
        {
            int start = isAligned ? AlignKey(_open.Length) : _open.Length;
            if (start + (long)bytes <= _open.Capacity)
            {
                _open.Length = start;
                return _open.Bytes + start;
            }
            Publish();
            if (_open is not null && bytes <= _open.Capacity) return _open.Bytes;
            _open?.Free();
        }
        int capacity = Math.Max(_chunkBytes, bytes);
        _chunkBytes = Math.Min(2 * _chunkBytes, SnapshotChunk.UsualBytes);
        _open = pipe.Rent(capacity);
        return _open.Bytes;
    }
}
