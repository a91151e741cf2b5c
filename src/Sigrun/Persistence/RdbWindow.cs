namespace Sigrun.Persistence;

/// <summary>A piece of a file that moves on as a reader asks for more, and sums up what it has left behind.</summary>
/// <remarks>
/// <para>
/// A piece is 256 KB, or as much longer as the string that is being read; it never grows beyond what the file still
/// has, so a length that lies costs nothing. Memory is bounded by the longest string, whatever the file's size.
/// </para>
/// <para>
/// There are three buffers, used in turn. Moving on fills a buffer beyond what was asked for, so reading a string moves
/// on at most twice: once within its length, once for its bytes. Hence a string stays where it is while another is
/// read after it, and numbers after that.
/// </para>
/// </remarks>
internal sealed class RdbWindow(Stream file, bool sums) : IDisposable
{
    private const int WindowBytes = 256 << 10;

    /// <summary>What is filled in beyond a string that is longer than a window.</summary>
    private const int SpareBytes = 4 << 10;

    private readonly byte[][] _buffers = [[], [], []];
    private int _current;
    private int _filled;
    private int _summed;
    private ulong _checksum;

    /// <summary>The length of the whole file in bytes.</summary>
    public long Length { get; } = file.Length;

    /// <summary>Where in the file the window begins.</summary>
    public long Start { get; private set; }

    /// <summary>Bytes of the file behind the window.</summary>
    public long Behind => Math.Max(0, Length - Start - _filled);

    /// <summary>Moves the window on.</summary>
    /// <param name="consumed">Bytes at its beginning that are no longer needed.</param>
    /// <param name="wanted">Bytes behind them that are needed.</param>
    /// <returns>The new window; shorter than wanted when the file ends before.</returns>
    public ReadOnlySpan<byte> Advance(int consumed, int wanted)
    {
        SumUpTo(consumed);
        ReadOnlySpan<byte> rest = _buffers[_current].AsSpan(consumed, _filled - consumed);
        _current = (_current + 1) % _buffers.Length;
        Span<byte> target = Buffer(wanted);
        rest.CopyTo(target);
        Start += consumed;
        _filled = rest.Length;
        _summed = 0;
        while (_filled < target.Length)
        {
            int count = file.Read(target[_filled..]);
            if (count == 0) break;
            _filled += count;
        }
        return target[.._filled];
    }

    /// <summary>The checksum of the file up to a place in the window.</summary>
    public ulong ChecksumUpTo(int position)
    {
        SumUpTo(position);
        return _checksum;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void SumUpTo(int position)
    {
        if (sums && position > _summed) _checksum = Crc64.Append(_checksum, _buffers[_current].AsSpan(_summed, position - _summed));
        _summed = Math.Max(_summed, position);
    }

    /// <summary>The buffer whose turn it is, large enough, and not much larger than what is needed.</summary>
    private Span<byte> Buffer(int wanted)
    {
        int length = wanted <= WindowBytes - SpareBytes ? WindowBytes : (int)Math.Min(Array.MaxLength, (long)wanted + SpareBytes);
        ref byte[] buffer = ref _buffers[_current];
        if (buffer.Length != length) buffer = GC.AllocateUninitializedArray<byte>(length);
        return buffer;
    }
}
