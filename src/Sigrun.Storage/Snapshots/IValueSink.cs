namespace Sigrun.Storage.Snapshots;

/// <summary>Takes a value that is saved, piece by piece: what all snapshot formats consist of.</summary>
public interface IValueSink
{
    /// <summary>A length or count.</summary>
    void WriteLength(ulong length);

    /// <summary>Eight bytes.</summary>
    void WriteUInt64(ulong value);

    /// <summary>A string.</summary>
    void WriteString(ReadOnlySpan<byte> value);

    /// <summary>A string of which the compressed form is there already.</summary>
    /// <param name="compressed">The compressed bytes.</param>
    /// <param name="length">The length of the string.</param>
    void WriteCompressed(ReadOnlySpan<byte> compressed, int length);

    /// <summary>Bytes without a length.</summary>
    void WriteRaw(ReadOnlySpan<byte> bytes);
}
