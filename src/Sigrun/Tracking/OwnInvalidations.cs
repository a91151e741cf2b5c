using System.Runtime.InteropServices;

namespace Sigrun.Tracking;

/// <summary>
/// What the running command, or transaction, has changed of what its own client has in its cache: the client is told when
/// the command is over.
/// </summary>
internal sealed class OwnInvalidations
{
    private const int InitialBytes = 256;
    private const int KeptBytesMax = 64 * 1024;

    /// <summary>Beyond this, all keys count as changed.</summary>
    private const int BytesMax = 64 * 1024 * 1024;

    /// <summary>In the place of a length: all keys.</summary>
    private const int AllKeys = -1;

    private byte[] _bytes = new byte[InitialBytes];
    private int _end;

    /// <summary>True while there are none.</summary>
    public bool IsEmpty => _end == 0;

    /// <summary>A key has changed.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        if (key.Length > BytesMax - sizeof(int) - _end)
        {
            Clear();
            AddAll();
            return;
        }
        AddLength(key.Length, key.Length);
        key.CopyTo(_bytes.AsSpan(_end));
        _end += key.Length;
    }

    /// <summary>Any key may have changed.</summary>
    public void AddAll() => AddLength(AllKeys, 0);

    /// <summary>Reads what was added, in order; false at the end.</summary>
    /// <param name="position">0 to begin with.</param>
    /// <param name="isAll">Whether any key may have changed.</param>
    /// <param name="key">The key otherwise.</param>
    public bool TryRead(ref int position, out bool isAll, out ReadOnlySpan<byte> key)
    {
        isAll = false;
        key = default;
        if (position == _end) return false;
        int length = MemoryMarshal.Read<int>(_bytes.AsSpan(position));
        position += sizeof(int);
        isAll = length == AllKeys;
        if (isAll) return true;
        key = _bytes.AsSpan(position, length);
        position += length;
        return true;
    }

    /// <summary>Forgets what was added.</summary>
    public void Clear()
    {
        _end = 0;
        if (_bytes.Length > KeptBytesMax) _bytes = new byte[InitialBytes];
    }

    private void AddLength(int length, int following)
    {
        int needed = _end + sizeof(int) + following;
        if (needed > _bytes.Length) Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        MemoryMarshal.Write(_bytes.AsSpan(_end), length);
        _end += sizeof(int);
    }
}
