namespace Sigrun.Persistence;

/// <summary>
/// Bytes for something that is put together and used at once, kept from one use to the next so that the usual sizes
/// cost no allocation; what an unusually large use needed is given back.
/// </summary>
internal sealed class ScratchBuffer
{
    private const int FirstBytes = 1024;
    private const int KeptBytesMax = 1 << 20;

    private byte[] _bytes = [];
    private ScratchBuffer? _second;

    /// <summary>Another buffer, for what is needed at the same time; released with this one.</summary>
    public ScratchBuffer Second => _second ??= new ScratchBuffer();

    /// <summary>All bytes there are; what they hold is undefined.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>At least so many bytes; what was there before is lost.</summary>
    public Span<byte> Get(int length)
    {
        if (_bytes.Length < length) _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(FirstBytes, length));
        return _bytes.AsSpan(0, length);
    }

    /// <summary>Makes room for at least so many bytes, keeping the first ones.</summary>
    /// <param name="kept">How many to keep.</param>
    /// <param name="length">How many there shall be.</param>
    public void Grow(int kept, int length)
    {
        if (_bytes.Length >= length) return;
        int doubled = (int)Math.Min(2L * _bytes.Length, Array.MaxLength);
        byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(FirstBytes, Math.Max(doubled, length)));
        _bytes.AsSpan(0, kept).CopyTo(larger);
        _bytes = larger;
    }

    /// <summary>Ends a use.</summary>
    public void Release()
    {
        if (_bytes.Length > KeptBytesMax) _bytes = [];
        _second?.Release();
    }
}
