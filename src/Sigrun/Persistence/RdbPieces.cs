using Sigrun.Storage;
using Sigrun.Storage.Buffers;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Persistence;

/// <summary>Writes values that come in pieces.</summary>
internal static class RdbPieces
{
    /// <summary>The form of a value that comes in pieces: it is large, and so has no compact one.</summary>
    public static RdbType FormOf(EntryType type, bool hasFieldExpiry, int version) => type switch
    {
        EntryType.List => RdbType.ListQuicklist2,
        EntryType.Set => RdbType.Set,
        EntryType.SortedSet => RdbType.SortedSet2,
        EntryType.Hash => hasFieldExpiry ? RdbType.Hash2 : RdbType.Hash,
        EntryType.Stream => version >= RdbFormat.LegacyVersion ? RdbType.StreamListpacks3 : RdbType.StreamListpacks2,
        _ => RdbType.String,
    };

    /// <summary>Writes a value, without the byte that tells its form.</summary>
    public static void Write(SnapshotReader pieces, RdbWriter writer)
    {
        while (TryWriteNext(pieces, writer))
        {
            // One part more.
        }
    }

    /// <summary>Writes a part of a value, of a string all pieces; false where it ends.</summary>
    public static bool TryWriteNext(SnapshotReader pieces, RdbWriter writer)
    {
        SnapshotPiece piece = pieces.ReadPiece();
        switch (piece.Kind)
        {
            case SnapshotPieceKind.End:
                return false;
            case SnapshotPieceKind.Length:
                writer.WriteLength(piece.Number);
                break;
            case SnapshotPieceKind.UInt64:
                writer.WriteUInt64(piece.Number);
                break;
            case SnapshotPieceKind.String:
                writer.WriteString(piece.Bytes);
                break;
            case SnapshotPieceKind.Compressed:
                writer.WriteCompressed(piece.Bytes, (int)piece.Number);
                break;
            case SnapshotPieceKind.LongString:
                WriteLongString(pieces, writer, (int)piece.Number);
                break;
            case SnapshotPieceKind.LongCompressed:
                writer.WriteCompressedHead(piece.StoredLength, (int)piece.Number);
                WriteBytes(pieces, writer, piece.StoredLength);
                break;
            default:
                writer.WriteRaw(piece.Bytes);
                break;
        }
        return true;
    }

    private static void WriteBytes(SnapshotReader pieces, RdbWriter writer, long count)
    {
        while (count > 0)
        {
            ReadOnlySpan<byte> bytes = pieces.ReadPiece().Bytes;
            writer.WriteRaw(bytes);
            count -= bytes.Length;
        }
    }

    /// <summary>Writes a string whose bytes come in pieces.</summary>
    /// <remarks>
    /// The compressed form begins with its length, so that all of it must be there before any of it is written; and what
    /// cannot be compressed turns out at its end, when all of the string is wanted again. So the string is put together,
    /// whatever its size: no more than half a gigabyte, one at a time, in memory that is given back at once. Where the
    /// system has none, the string is written as it is.
    /// </remarks>
    private static void WriteLongString(SnapshotReader pieces, RdbWriter writer, int length)
    {
        using PageBuffer? joined = writer.Compresses ? PageBuffer.TryCreate(length) : null;
        if (joined is null)
        {
            writer.WriteLength((ulong)length);
            WriteBytes(pieces, writer, length);
            return;
        }
        for (Span<byte> rest = joined.Bytes; !rest.IsEmpty;)
        {
            ReadOnlySpan<byte> bytes = pieces.ReadPiece().Bytes;
            bytes.CopyTo(rest);
            rest = rest[bytes.Length..];
        }
        writer.WriteString(joined.Bytes);
    }
}
