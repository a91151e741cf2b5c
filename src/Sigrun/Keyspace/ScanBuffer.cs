namespace Sigrun.Keyspace;

/// <summary>
/// Keys or elements that one step of a scan has found: copies in one reused buffer, since a reply starts
/// with the cursor that is known only afterwards, and since stored bytes may move meanwhile.
/// </summary>
internal sealed class ScanBuffer
{
    private const int KeptBytesMax = 1 << 20;

    private byte[] _bytes = new byte[4096];
    private int[] _ends = new int[64];
    private int _length;

    /// <summary>Items held.</summary>
    public int Count { get; private set; }

    /// <summary>One item.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(index == 0 ? 0 : _ends[index - 1], Length(index));

    /// <summary>Adds a copy of an item.</summary>
    public void Add(ReadOnlySpan<byte> item)
    {
        if (Count == _ends.Length) Array.Resize(ref _ends, Count * 2);
        if (_bytes.Length - _length < item.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + item.Length));
        item.CopyTo(_bytes.AsSpan(_length));
        _length += item.Length;
        _ends[Count++] = _length;
    }

    /// <summary>Forgets all items, and gives back what an unusually large step needed.</summary>
    public void Clear()
    {
        Count = _length = 0;
        if (_bytes.Length > KeptBytesMax) _bytes = new byte[4096];
    }

    private int Length(int index) => _ends[index] - (index == 0 ? 0 : _ends[index - 1]);
}
