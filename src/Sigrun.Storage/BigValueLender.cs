using System.Collections.Concurrent;
using Sigrun.Storage.Buffers;

namespace Sigrun.Storage;

/// <summary>Lends the bytes of large values to output that is sent from where they are stored.</summary>
/// <remarks>
/// While bytes are lent, a change to the value makes a new block; the old one ends with the last reply.
/// I/O threads give back too, but only the heap's owner may free: what they end waits for
/// <see cref="FreeReturned"/>.
/// </remarks>
public sealed unsafe class BigValueLender(Heap heap) : IBorrowedBytes
{
    private readonly ConcurrentQueue<nint> _returned = new();
    private int _ownerThread;

    /// <summary>Lends the bytes of a value; returns their address. Called on the heap's owner thread.</summary>
    public nint Lend(BigValue value)
    {
        _ownerThread = Environment.CurrentManagedThreadId;
        value.Retain();
        return (nint)value.Block + BigValue.HeaderBytes;
    }

    /// <inheritdoc/>
    public void Release(nint address)
    {
        if (Environment.CurrentManagedThreadId == _ownerThread) ValueAt(address).Release(heap);
        else _returned.Enqueue(address);
    }

    /// <summary>Gives back what other threads have returned. Called on the heap's owner thread.</summary>
    public void FreeReturned()
    {
        while (_returned.TryDequeue(out nint address)) ValueAt(address).Release(heap);
    }

    private static BigValue ValueAt(nint address) => new((byte*)address - BigValue.HeaderBytes);
}
