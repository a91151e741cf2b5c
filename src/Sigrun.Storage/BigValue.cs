using System.Runtime.CompilerServices;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage;

/// <summary>
/// A string value too large to lie in its entry: a block of its own that replies can be sent from
/// without a copy.
/// </summary>
/// <remarks>
/// Sixteen bytes (references, length, capacity, whether a snapshot copies it in parts), then the bytes. The entry holds one
/// reference; each reply that still points at the bytes holds another. While there is more than one,
/// nobody writes: a change makes a new block. References are counted atomically because an I/O thread
/// gives back what the engine's thread took, but only the heap's owner, or a batch of background
/// frees, ends the block. Lengths stay below 2 GiB, so that every value is one span.
/// </remarks>
public readonly unsafe struct BigValue : IEquatable<BigValue>
{
    internal const int HeaderBytes = 16;
    internal const int MaxLength = int.MaxValue - 4096;
    private const int GrowthLimit = 1 << 20;
    private const int GrowthShift = 3;

    private readonly byte* _block;

    internal BigValue(byte* block) => _block = block;

    /// <summary>Whether there is a value.</summary>
    public bool IsNull => _block == null;

    /// <summary>The number of bytes.</summary>
    public int Length
    {
        get => *(int*)(_block + 4);
        internal set => *(int*)(_block + 4) = value;
    }

    /// <summary>The number of bytes it could have.</summary>
    public int Capacity => *(int*)(_block + 8);

    /// <summary>Whether someone beside the entry refers to it.</summary>
    public bool IsShared => Volatile.Read(ref References) > (IsPinned ? 2 : 1);

    /// <summary>Whether a snapshot, which then holds a reference, is shown each part before it is overwritten.</summary>
    internal bool IsPinned
    {
        get => *(int*)(_block + 12) != 0;
        set => *(int*)(_block + 12) = value ? 1 : 0;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => new(_block + HeaderBytes, Length);

    internal byte* Block => _block;

    internal Span<byte> Writable => new(_block + HeaderBytes, Length);

    internal Span<byte> Room => new(_block + HeaderBytes, Capacity);

    private ref int References => ref *(int*)_block;

    /// <summary>Keeps the bytes alive and unchanged until released.</summary>
    public void Retain() => Interlocked.Increment(ref References);

    /// <summary>Gives a reference back, on the heap's owner thread; the last one frees the block.</summary>
    public void Release(Heap heap) => Release(new OwnerFreer(heap));

    /// <summary>Gives a reference back; the last one frees the block.</summary>
    internal void Release<TFreer>(in TFreer freer) where TFreer : struct, IBlockFreer
    {
        if (Interlocked.Decrement(ref References) == 0)
            freer.Free(_block);
    }

    /// <inheritdoc/>
    public bool Equals(BigValue other) => _block == other._block;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BigValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((nuint)_block).GetHashCode();

    /// <summary>Whether both are the same block.</summary>
    public static bool operator ==(BigValue left, BigValue right) => left.Equals(right);

    /// <summary>Whether the blocks differ.</summary>
    public static bool operator !=(BigValue left, BigValue right) => !left.Equals(right);

    /// <summary>A value with one reference whose bytes are undefined.</summary>
    internal static BigValue Create(Heap heap, long length, long capacity)
    {
        if (length > MaxLength)
            throw new HeapExhaustedException(length);
        byte* block = heap.Allocate((nuint)Math.Min(capacity, MaxLength) + HeaderBytes);
        *(int*)block = 1;
        *(int*)(block + 4) = (int)length;
        *(int*)(block + 12) = 0;
        BigValue value = new(block);
        value.SetCapacity(heap);
        return value;
    }

    /// <summary>Makes room for more bytes without moving; false when that cannot be, and nothing was changed.</summary>
    internal bool TryExtend(Heap heap, long capacity)
    {
        if (capacity > MaxLength || !heap.TryExtend(_block, (nuint)capacity + HeaderBytes))
            return false;
        SetCapacity(heap);
        return true;
    }

    private void SetCapacity(Heap heap) => *(int*)(_block + 8) = (int)Math.Min(heap.UsableSize(_block) - HeaderBytes, MaxLength);

    /// <summary>
    /// The capacity for a value that is growing: twice the length, from a megabyte on a megabyte more, from
    /// eight on an eighth more, so that however many steps it grows in, each byte is copied a bounded number
    /// of times.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long GrownCapacity(long length) => length + Math.Min(length, Math.Max(GrowthLimit, length >> GrowthShift));
}
