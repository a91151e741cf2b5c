namespace Sigrun.Network;

/// <summary>What a loop, or several, has done since its start.</summary>
/// <param name="Turns">Turns.</param>
/// <param name="Reads">Receive calls.</param>
/// <param name="Writes">Send calls.</param>
/// <param name="BytesReceived">Bytes received from peers, without what secures them.</param>
/// <param name="BytesSent">Bytes sent to peers, likewise.</param>
/// <param name="BuffersDisposed">Buffers given back to the system's allocator.</param>
public readonly record struct LoopTotals(long Turns, long Reads, long Writes, long BytesReceived, long BytesSent, long BuffersDisposed)
{
    /// <summary>What both have done.</summary>
    public static LoopTotals operator +(in LoopTotals left, in LoopTotals right) => new(
        left.Turns + right.Turns, left.Reads + right.Reads, left.Writes + right.Writes, left.BytesReceived + right.BytesReceived,
        left.BytesSent + right.BytesSent, left.BuffersDisposed + right.BuffersDisposed);

    /// <summary>What came after an earlier moment.</summary>
    public static LoopTotals operator -(in LoopTotals now, in LoopTotals before) => new(
        now.Turns - before.Turns, now.Reads - before.Reads, now.Writes - before.Writes, now.BytesReceived - before.BytesReceived,
        now.BytesSent - before.BytesSent, now.BuffersDisposed - before.BuffersDisposed);
}
