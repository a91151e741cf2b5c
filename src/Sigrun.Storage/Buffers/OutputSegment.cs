using System.Runtime.InteropServices;

namespace Sigrun.Storage.Buffers;

/// <summary>Bytes that a reply borrows instead of copying; released once they were sent or dropped.</summary>
public interface IBorrowedBytes
{
    /// <summary>Gives the borrowed bytes back. Called once, on the thread that owns the output queue.</summary>
    void Release(nint address);
}

/// <summary>
/// One link of a connection's output: either an owned off-heap block that replies are written into,
/// or a borrowed range (a large value that is sent from where it is stored).
/// </summary>
/// <remarks>A segment has one owner at a time and is handed over whole. Invariant: Start ≤ End ≤ Capacity.</remarks>
public sealed unsafe class OutputSegment : IDisposable
{
    /// <summary>Bytes of an owned segment.</summary>
    public const int DefaultCapacity = 32 * 1024;

    private readonly byte* _block;
    private IBorrowedBytes? _lender;

    /// <summary>Creates an owned segment, or with capacity 0 one that will carry borrowed ranges.</summary>
    public OutputSegment(int capacity)
    {
        Capacity = capacity;
        _block = capacity == 0 ? null : (byte*)NativeMemory.Alloc((nuint)capacity);
        Data = _block;
        if (capacity == 0) GC.SuppressFinalize(this);
    }

    /// <summary>Releases the block if <see cref="Dispose"/> was not called.</summary>
    ~OutputSegment() => NativeMemory.Free(_block);

    /// <summary>First byte of the block or of the borrowed range.</summary>
    public byte* Data { get; private set; }

    /// <summary>Bytes in the owned block; 0 for a borrowing segment.</summary>
    public int Capacity { get; }

    /// <summary>Offset of the first byte that was not sent.</summary>
    public long Start { get; set; }

    /// <summary>Offset behind the last byte written.</summary>
    public long End { get; set; }

    /// <summary>The next segment of the same queue.</summary>
    public OutputSegment? Next { get; set; }

    /// <summary>Bytes to send.</summary>
    public long Length => End - Start;

    /// <summary>What the segment holds: its block, or what is left to send of what it borrows.</summary>
    internal long HeldBytes => Capacity > 0 ? Capacity : Length;

    /// <summary>Makes this segment carry a part of a borrowed range.</summary>
    public void Borrow(byte* address, long offset, long length, IBorrowedBytes lender)
    {
        Data = address;
        Start = offset;
        End = offset + length;
        _lender = lender;
    }

    /// <summary>Makes a borrowed range longer by a message that lies right behind it; false when it does not.</summary>
    internal bool TryExtend(in SharedRange message)
    {
        if (!ReferenceEquals(_lender, message.Block) || End != message.Offset) return false;
        End += message.Length;
        return true;
    }

    /// <summary>Empties the segment and gives a borrowed range back.</summary>
    public void Reset()
    {
        _lender?.Release((nint)Data);
        _lender = null;
        Data = _block;
        Start = End = 0;
        Next = null;
    }

    /// <summary>Releases the block.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_block);
        GC.SuppressFinalize(this);
    }
}
