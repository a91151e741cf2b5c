using Sigrun.Storage.Buffers;

namespace Sigrun.Storage;

/// <summary>Lends the bytes of large values to output that is sent from where they are stored.</summary>
/// <remarks>While bytes are lent, a change to the value makes a new block; the old one ends with the last reply.</remarks>
public sealed unsafe class BigValueLender(Heap heap) : IBorrowedBytes
{
    /// <summary>Lends the bytes of a value; returns their address.</summary>
    public static nint Lend(BigValue value)
    {
        value.Retain();
        return (nint)value.Block + BigValue.HeaderBytes;
    }

    /// <inheritdoc/>
    public void Release(nint address) => new BigValue((byte*)address - BigValue.HeaderBytes).Release(heap);
}
