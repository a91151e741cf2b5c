using System.Buffers.Binary;
using System.Buffers.Text;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>The ID of a stream's entry: a time in milliseconds and a number within it.</summary>
/// <param name="Ms">Milliseconds since 1970, as far as IDs are made by the server.</param>
/// <param name="Seq">The number among those of that millisecond.</param>
public readonly record struct StreamId(ulong Ms, ulong Seq) : IComparable<StreamId>
{
    /// <summary>Bytes of an ID where order by bytes is order by ID.</summary>
    public const int Bytes = 2 * sizeof(ulong);

    /// <summary>The longest text of an ID.</summary>
    public const int TextMax = 2 * 20 + 1;

    /// <summary>The smallest ID, which no entry has.</summary>
    public static StreamId Min => default;

    /// <summary>The largest ID.</summary>
    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>Whether this is the smallest ID.</summary>
    public bool IsZero => (Ms | Seq) == 0;

    /// <summary>The ID after this one; false, and the smallest one, when this is the largest.</summary>
    public bool TryNext(out StreamId next)
    {
        // The result may be this very variable.
        bool isMax = this == Max;
        next = Seq < ulong.MaxValue ? new StreamId(Ms, Seq + 1) : new StreamId(unchecked(Ms + 1), 0);
        return !isMax;
    }

    /// <summary>The ID in front of this one; false, and the largest one, when this is the smallest.</summary>
    public bool TryPrevious(out StreamId previous)
    {
        bool isZero = IsZero;
        previous = Seq > 0 ? new StreamId(Ms, Seq - 1) : new StreamId(unchecked(Ms - 1), ulong.MaxValue);
        return !isZero;
    }

    /// <summary>Reads sixteen bytes.</summary>
    public static StreamId FromBytes(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]));

    /// <summary>Writes sixteen bytes.</summary>
    public void WriteBytes(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, Ms);
        BinaryPrimitives.WriteUInt64BigEndian(target[sizeof(ulong)..], Seq);
    }

    /// <summary>Writes the text that clients see (<see cref="TextMax"/> bytes of room); returns its length.</summary>
    public int Format(Span<byte> target, byte divider = (byte)'-')
    {
        _ = Utf8Formatter.TryFormat(Ms, target, out int length);
        target[length++] = divider;
        _ = Utf8Formatter.TryFormat(Seq, target[length..], out int rest);
        return length + rest;
    }

    /// <inheritdoc/>
    public int CompareTo(StreamId other) => Ms != other.Ms ? Ms.CompareTo(other.Ms) : Seq.CompareTo(other.Seq);

    /// <summary>Whether one comes before another.</summary>
    public static bool operator <(StreamId left, StreamId right) => left.Ms < right.Ms || (left.Ms == right.Ms && left.Seq < right.Seq);

    /// <summary>Whether one comes after another.</summary>
    public static bool operator >(StreamId left, StreamId right) => right < left;

    /// <summary>Whether one does not come after another.</summary>
    public static bool operator <=(StreamId left, StreamId right) => !(right < left);

    /// <summary>Whether one does not come before another.</summary>
    public static bool operator >=(StreamId left, StreamId right) => !(left < right);
}
