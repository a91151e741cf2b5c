using System.Runtime.InteropServices;

namespace Sigrun.Storage.Buffers;

/// <summary>Where a message lies that many queues send.</summary>
/// <param name="Block">The block.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
public readonly record struct SharedRange(SharedBlock Block, int Offset, int Length)
{
    /// <summary>The message.</summary>
    public unsafe ReadOnlySpan<byte> Bytes => new(Block.Data + Offset, Length);

    /// <summary>Whether another message lies right behind this one.</summary>
    public bool IsFollowedBy(in SharedRange other) => ReferenceEquals(Block, other.Block) && Offset + Length == other.Offset;
}

/// <summary>An off-heap block of messages that many queues send from; it goes back when the last one has sent its part.</summary>
/// <remarks>
/// Bytes are written by one thread, before any queue refers to them. References are counted, since queues are
/// emptied by whichever threads own them.
/// </remarks>
public sealed unsafe class SharedBlock : IBorrowedBytes, IDisposable
{
    private readonly SharedOutput _home;
    private int _references;

    internal SharedBlock(SharedOutput home, int capacity)
    {
        _home = home;
        Capacity = capacity;
        Data = (byte*)NativeMemory.Alloc((nuint)capacity);
    }

    /// <summary>Releases the block if nobody did.</summary>
    ~SharedBlock() => NativeMemory.Free(Data);

    /// <summary>Bytes in the block.</summary>
    public int Capacity { get; }

    /// <summary>The block.</summary>
    internal byte* Data { get; private set; }

    /// <summary>Offset behind the last message.</summary>
    internal int End { get; set; }

    /// <summary>True when nobody but its writer refers to it.</summary>
    internal bool IsUnshared => Volatile.Read(ref _references) == 1;

    /// <summary>Keeps the block for one more who refers to it.</summary>
    public void Retain() => Interlocked.Increment(ref _references);

    /// <summary>Gives one reference up; from any thread.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0) _home.TakeBack(this);
    }

    /// <inheritdoc/>
    void IBorrowedBytes.Release(nint address) => Release();

    /// <summary>Releases the block.</summary>
    public void Dispose()
    {
        NativeMemory.Free(Data);
        Data = null;
        GC.SuppressFinalize(this);
    }
}
