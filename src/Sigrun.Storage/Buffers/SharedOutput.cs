namespace Sigrun.Storage.Buffers;

/// <summary>Lays messages out, one behind the other, in blocks that any number of queues send from.</summary>
/// <remarks>
/// A message costs its bytes once, however many get it; one that follows another in the same queue only makes a range
/// longer. While nobody refers to the block any more, its beginning is used again, so that it stays in the
/// cache. Whoever keeps a range until the next message is laid out, in a queue or not, retains its block.
/// </remarks>
public sealed class SharedOutput : IDisposable
{
    /// <summary>Bytes of a block; a longer message gets a block of its own.</summary>
    public const int BlockBytes = 64 * 1024;

    private const int PooledMax = 16;

    private readonly object _gate = new();
    private readonly Stack<SharedBlock> _pool = new(PooledMax);
    private SharedBlock? _current;
    private bool _isDisposed;

    /// <summary>Room for a message of that length, to be filled in; <see cref="End"/> follows.</summary>
    public unsafe Span<byte> Begin(int length)
    {
        if (_current is { IsUnshared: true } idle) idle.End = 0;
        if (_current is null || _current.Capacity - _current.End < length) Replace(length);
        return new Span<byte>(_current!.Data + _current.End, length);
    }

    /// <summary>The message that was begun, complete now.</summary>
    public SharedRange End(int length)
    {
        var message = new SharedRange(_current!, _current!.End, length);
        _current.End += length;
        return message;
    }

    /// <summary>Releases what is pooled; blocks that queues still refer to go when they let go.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            while (_pool.TryPop(out SharedBlock? block)) block.Dispose();
        }
        _current?.Release();
        _current = null;
    }

    /// <summary>A block that nobody refers to any more; from any thread.</summary>
    internal void TakeBack(SharedBlock block)
    {
        lock (_gate)
        {
            if (!_isDisposed && block.Capacity == BlockBytes && _pool.Count < PooledMax)
            {
                _pool.Push(block);
                return;
            }
        }
        block.Dispose();
    }

    private void Replace(int length)
    {
        _current?.Release();
        _current = null;
        if (length <= BlockBytes)
        {
            lock (_gate) _pool.TryPop(out _current);
        }
        _current ??= new SharedBlock(this, Math.Max(length, BlockBytes));
        _current.End = 0;
        _current.Retain();
    }
}
