namespace Sigrun.Storage;

/// <summary>
/// A large string under construction, which no key holds yet.
/// </summary>
/// <remarks>
/// For results that are computed from other values of the same database: while they are computed nothing
/// is written, so that the sources stay where they are, and afterwards the bytes become the value without
/// a copy. It belongs to whoever made it until a key takes it; a key that cannot take it for want of
/// memory discards it.
/// </remarks>
public readonly unsafe ref struct DetachedString
{
    private readonly Heap _heap;

    internal readonly BigValue Value;

    /// <summary>Makes a string of that length; its bytes are undefined.</summary>
    /// <exception cref="HeapExhaustedException">No memory; nothing was changed.</exception>
    public DetachedString(Heap heap, long length)
    {
        ArgumentNullException.ThrowIfNull(heap);
        _heap = heap;
        Value = BigValue.Create(heap, length, length);
    }

    /// <summary>The bytes to fill.</summary>
    public Span<byte> Bytes => Value.Writable;

    /// <summary>Gives the string up.</summary>
    public void Discard() => Value.Release(_heap);
}
