using System.Collections.Concurrent;

namespace Sigrun.Storage.Snapshots;

/// <summary>
/// Connects the engine's thread, which copies what a snapshot consists of, with the thread that writes it: chunks in
/// several queues, one for the keys and one for each large value that is copied in steps.
/// </summary>
/// <remarks>
/// Neither side ever waits for the other while it has something else to do: the engine stops copying at a bound and
/// goes on serving clients; what a write makes it copy is taken whatever has piled up.
/// </remarks>
public sealed class SnapshotPipe : IDisposable
{
    private readonly ConcurrentBag<SnapshotChunk> _pool = [];
    private readonly AutoResetEvent _filled = new(initialState: false);
    private readonly CancellationTokenSource _cancellation = new();
    private long _bytes;
    private volatile bool _isReaderWaiting;
    private volatile bool _isEngineWaiting;
    private volatile bool _isClosed;

    /// <summary>Makes the pipe of one snapshot.</summary>
    public SnapshotPipe() => Keys = new SnapshotQueue(this, SnapshotChunk.UsualBytes);

    /// <summary>Called on the reader's thread when the engine, which had to stop, may go on.</summary>
    public Action? HasRoom { get; set; }

    /// <summary>Bytes that were copied and not written yet.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The most there ever were.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Whether nobody reads any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Tells the reader, wherever it waits, that the snapshot is not wanted any more.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>The keys, and where a large value begins.</summary>
    internal SnapshotQueue Keys { get; }

    /// <summary>The queues of large values in the order in which they began.</summary>
    internal ConcurrentQueue<SnapshotQueue> Values { get; } = [];

    internal bool IsReaderWaiting => _isReaderWaiting;

    /// <summary>Makes the reader stop. On the engine's thread.</summary>
    public void Cancel()
    {
        _cancellation.Cancel();
        _filled.Set();
    }

    /// <summary>The reader has ended, for whatever reason.</summary>
    public void Close()
    {
        _isClosed = true;
        Interlocked.MemoryBarrier();
        if (_isEngineWaiting) HasRoom?.Invoke();
    }

    /// <summary>Frees what was not read, after both sides have ended.</summary>
    public void Dispose()
    {
        Keys.Free();
        while (Values.TryDequeue(out SnapshotQueue? queue)) queue.Free();
        while (_pool.TryTake(out SnapshotChunk? chunk)) chunk.Free();
        _filled.Dispose();
        _cancellation.Dispose();
    }

    /// <summary>The engine will wait until the reader has made room, unless it finds some when it looks after this.</summary>
    internal void AwaitRoom()
    {
        _isEngineWaiting = true;
        Interlocked.MemoryBarrier();
    }

    internal SnapshotChunk Rent(int capacity)
    {
        if (capacity != SnapshotChunk.UsualBytes || !_pool.TryTake(out SnapshotChunk? chunk)) return new SnapshotChunk(capacity);
        chunk.Length = 0;
        return chunk;
    }

    /// <summary>Notes copied bytes; on the engine's thread.</summary>
    internal void Count(int bytes)
    {
        long all = Interlocked.Add(ref _bytes, bytes);
        if (all > PeakBytes) PeakBytes = all;
    }

    internal void Published()
    {
        Interlocked.MemoryBarrier();
        if (_isReaderWaiting) _filled.Set();
    }

    /// <summary>The next chunk of a queue; waits for it.</summary>
    internal SnapshotChunk Take(SnapshotQueue queue)
    {
        SnapshotChunk? chunk;
        while (!queue.TryTake(out chunk))
        {
            _cancellation.Token.ThrowIfCancellationRequested();
            _isReaderWaiting = true;
            Interlocked.MemoryBarrier();
            if (queue.IsEmpty)
            {
                WakeEngine();
                _filled.WaitOne();
            }
            _isReaderWaiting = false;
        }
        return chunk;
    }

    /// <summary>Takes a chunk back that was read.</summary>
    internal void Return(SnapshotChunk chunk)
    {
        Interlocked.Add(ref _bytes, -chunk.Length);
        if (chunk.Capacity == SnapshotChunk.UsualBytes) _pool.Add(chunk);
        else chunk.Free();
        if (Bytes < SnapshotWalk.BufferedMax / 2) WakeEngine();
    }

    private void WakeEngine()
    {
        if (!_isEngineWaiting) return;
        _isEngineWaiting = false;
        HasRoom?.Invoke();
    }
}
