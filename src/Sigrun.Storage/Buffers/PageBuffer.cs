namespace Sigrun.Storage.Buffers;

/// <summary>
/// Many bytes for one use, outside both the managed heap and the C library's: a page costs memory from its first use on,
/// and all of them are the system's again at once.
/// </summary>
public sealed unsafe class PageBuffer : IDisposable
{
    private readonly int _length;
    private byte* _pages;

    private PageBuffer(byte* pages, int length)
    {
        _pages = pages;
        _length = length;
    }

    /// <summary>The bytes, zero at first.</summary>
    public Span<byte> Bytes => new(_pages, _length);

    /// <summary>So many bytes; null when the system has no room for them.</summary>
    public static PageBuffer? TryCreate(int length)
    {
        byte* pages = VirtualMemory.Reserve((nuint)length);
        if (pages == null) return null;
        if (VirtualMemory.Commit(pages, (nuint)length)) return new PageBuffer(pages, length);
        VirtualMemory.Release(pages, (nuint)length);
        return null;
    }

    /// <summary>Gives the pages back.</summary>
    public void Dispose()
    {
        if (_pages != null) VirtualMemory.Release(_pages, (nuint)_length);
        _pages = null;
    }
}
