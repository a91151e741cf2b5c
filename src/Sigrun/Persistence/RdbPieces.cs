using Sigrun.Storage;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Persistence;

/// <summary>Writes values that come in pieces.</summary>
internal static class RdbPieces
{
    /// <summary>Longer strings are not put together to be compressed.</summary>
    private const long JoinedBytesMax = 16 << 20;

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
            // One piece more.
        }
    }

    /// <summary>Writes a piece of a value; false where it ends.</summary>
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
                WriteLongString(pieces, writer, (long)piece.Number);
                break;
            default:
                writer.WriteRaw(piece.Bytes);
                break;
        }
        return true;
    }

    /// <summary>Writes a string whose bytes come in pieces; compressed unless putting it together takes too much memory.</summary>
    private static void WriteLongString(SnapshotReader pieces, RdbWriter writer, long length)
    {
        if (!writer.Compresses || length > JoinedBytesMax)
        {
            writer.WriteLength((ulong)length);
            for (long left = length; left > 0;)
            {
                ReadOnlySpan<byte> bytes = pieces.ReadPiece().Bytes;
                writer.WriteRaw(bytes);
                left -= bytes.Length;
            }
            return;
        }
        byte[] joined = GC.AllocateUninitializedArray<byte>((int)length);
        for (int done = 0; done < joined.Length;)
        {
            ReadOnlySpan<byte> bytes = pieces.ReadPiece().Bytes;
            bytes.CopyTo(joined.AsSpan(done));
            done += bytes.Length;
        }
        writer.WriteString(joined);
    }
}
