using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Buffers;

/// <summary>
/// The bytes a connection has received and not yet executed: one contiguous, growing, off-heap block.
/// </summary>
/// <remarks>
/// Contiguous, because arguments are handed to commands as spans over it. A connection rents a buffer
/// when bytes arrive and gives it back when all of them are consumed, so an idle connection holds none
/// and busy ones keep reusing the same few, cache-warm blocks. Offsets rather than addresses identify
/// what was parsed, because growing moves the block. Invariant: 0 ≤ Start ≤ End ≤ Capacity.
/// </remarks>
public sealed unsafe class InputBuffer : IDisposable
{
    /// <summary>Bytes of a fresh buffer; also what a buffer shrinks to before it is pooled.</summary>
    public const int InitialCapacity = 32 * 1024;

    private byte* _data;

    /// <summary>Creates a buffer of <see cref="InitialCapacity"/> bytes.</summary>
    public InputBuffer()
    {
        Capacity = InitialCapacity;
        _data = (byte*)NativeMemory.Alloc(InitialCapacity);
    }

    /// <summary>Releases the block if <see cref="Dispose"/> was not called.</summary>
    ~InputBuffer() => Release();

    /// <summary>The block; moves when the buffer grows.</summary>
    public byte* Data => _data;

    /// <summary>Offset of the first byte that was not consumed.</summary>
    public long Start { get; private set; }

    /// <summary>Offset behind the last received byte.</summary>
    public long End { get; private set; }

    /// <summary>Bytes in the block.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes received and not consumed.</summary>
    public long Length => End - Start;

    /// <summary>Where the next receive writes; its length is at most <see cref="int.MaxValue"/>.</summary>
    public byte* ReceivePointer => _data + End;

    /// <summary>Bytes that the next receive may write.</summary>
    public int ReceiveSpace => (int)Math.Min(Capacity - End, int.MaxValue);

    /// <summary>Counts bytes that a receive has written.</summary>
    public void Commit(int count) => End += count;

    /// <summary>Copies bytes behind the received ones, growing as needed (in-process input and tests).</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        EnsureSpace(bytes.Length);
        bytes.CopyTo(new Span<byte>(_data + End, bytes.Length));
        End += bytes.Length;
    }

    /// <summary>Makes room behind the received bytes, which count as received; the span is valid until the next call.</summary>
    public Span<byte> AppendSpace(int bytes)
    {
        EnsureSpace(bytes);
        var space = new Span<byte>(_data + End, bytes);
        End += bytes;
        return space;
    }

    /// <summary>The first of the bytes that were not consumed.</summary>
    public ReadOnlySpan<byte> Peek(int max) => new(_data + Start, (int)Math.Min(Length, max));

    /// <summary>What was received from an offset on; at most 2 GB of it.</summary>
    public ReadOnlySpan<byte> From(long offset) => new(_data + offset, (int)Math.Min(End - offset, int.MaxValue));

    /// <summary>Marks everything before <paramref name="offset"/> as consumed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ConsumeTo(long offset) => Start = offset;

    /// <summary>
    /// Moves what is not consumed to the front. The caller must have no offsets below
    /// <see cref="Start"/> and must rebase the others by the returned distance.
    /// </summary>
    public long Compact()
    {
        long distance = Start;
        if (distance == 0) return 0;
        Buffer.MemoryCopy(_data + Start, _data, Capacity, Length);
        End -= distance;
        Start = 0;
        return distance;
    }

    /// <summary>Grows geometrically until at least <paramref name="bytes"/> more can be received.</summary>
    public void EnsureSpace(long bytes)
    {
        if (Capacity - End >= bytes) return;
        long capacity = Math.Max(Capacity, InitialCapacity);
        while (capacity - End < bytes) capacity *= 2;
        Resize(capacity);
    }

    /// <summary>Grows to no more than what <paramref name="bytes"/> more need: for somebody who knows how many will come.</summary>
    public void EnsureExactSpace(long bytes)
    {
        const long Page = 4096;
        if (Capacity - End < bytes) Resize((End + bytes + Page - 1) & -Page);
    }

    /// <summary>Moves the content, offsets included, into the larger block of another buffer, which gets this one's block and is empty.</summary>
    public void Exchange(InputBuffer other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Buffer.MemoryCopy(_data + Start, other._data + Start, other.Capacity - Start, Length);
        byte* data = _data;
        _data = other._data;
        other._data = data;
        (Capacity, other.Capacity) = (other.Capacity, Capacity);
        other.Clear();
    }

    /// <summary>Forgets all content.</summary>
    public void Clear() => Start = End = 0;

    /// <summary>Forgets all content and gives back what the buffer grew by.</summary>
    public void Reset()
    {
        Clear();
        if (Capacity != InitialCapacity) Resize(InitialCapacity);
    }

    /// <summary>Releases the block.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Resize(long capacity)
    {
        _data = (byte*)NativeMemory.Realloc(_data, (nuint)capacity);
        Capacity = capacity;
    }

    private void Release()
    {
        NativeMemory.Free(_data);
        _data = null;
        Start = End = Capacity = 0;
    }
}
