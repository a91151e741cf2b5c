namespace Sigrun.Storage.Structures;

/// <summary>Goes through a checked listpack that lies in bytes from outside.</summary>
public unsafe ref struct ListpackReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _offset;

    /// <summary>Goes to the next element, at first to the first one; false behind the last.</summary>
    public bool MoveNext()
    {
        fixed (byte* pack = _bytes)
        {
            byte* at = _offset == 0 ? Listpack.First(pack) : Listpack.Next(pack + _offset);
            if (at == null) return false;
            _offset = (int)(at - pack);
            return true;
        }
    }

    /// <summary>The element's bytes, those of a number as digits in the scratch space of <see cref="ListpackElement.DigitsMax"/> bytes.</summary>
    public readonly ReadOnlySpan<byte> GetBytes(Span<byte> scratch)
    {
        fixed (byte* pack = _bytes)
        {
            ListpackElement element = Listpack.Get(pack + _offset);
            if (element.IsNumber) return element.GetBytes(scratch);
            // The bytes may move as soon as nothing holds them: told by their place, they are followed.
            ReadOnlySpan<byte> text = element.Bytes;
            fixed (byte* start = text) return text.IsEmpty ? [] : _bytes.Slice((int)(start - pack), text.Length);
        }
    }
}
