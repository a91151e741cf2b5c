using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Sets;

/// <summary>A member on its way through a set operation, with its hash; valid until a set is written.</summary>
public readonly unsafe struct SetItem
{
    private readonly byte* _bytes;
    private readonly int _length;
    internal readonly ulong Hash;

    internal SetItem(byte* bytes, int length, ulong hash, bool isNumber)
    {
        _bytes = bytes;
        _length = length;
        Hash = hash;
        IsNumber = isNumber;
    }

    /// <summary>The member.</summary>
    public ReadOnlySpan<byte> Bytes => new(_bytes, _length);

    /// <summary>Whether its set keeps it as a number.</summary>
    public bool IsNumber { get; }
}

/// <summary>
/// Takes members out of a set some at a time, each with its hash, and drops those that another set has or has not.
/// </summary>
/// <remarks>
/// In memory that no cache holds, a lookup costs two misses one after the other. A batch asks for all lines first, then
/// for all entries, then compares, so that the misses of a batch happen at the same time. The hash, which is the same
/// for all tables of a heap, is computed once per member.
/// </remarks>
internal unsafe ref struct SetBatch
{
    private const int Size = 32;

    private readonly Heap _heap;
    private SetCursor _cursor;
    private Items _items;
    private Digits _digits;

    public SetBatch(Heap heap, EntryRef set)
    {
        _heap = heap;
        _cursor = SetValue.Members(set);
        _digits = default;
    }

    /// <summary>How many members are left of the batch.</summary>
    public int Count { get; private set; }

    /// <summary>One of them.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ref readonly SetItem this[int index] => ref _items[index];

    /// <summary>Takes the next members; false when there are none. The batch must lie on the stack meanwhile.</summary>
    public bool Next()
    {
        Count = 0;
        byte* digits = (byte*)Unsafe.AsPointer(ref _digits[0]);
        while (Count < Size && _cursor.MoveNext())
        {
            ListpackElement member = _cursor.Current;
            ReadOnlySpan<byte> bytes = member.Bytes;
            if (member.IsNumber)
            {
                byte* text = digits + Count * ListpackElement.DigitsMax;
                bytes = new ReadOnlySpan<byte>(text, NumberText.FormatInt64(text, member.Number));
            }
            fixed (byte* start = bytes)
            {
                _items[Count++] = new SetItem(start, bytes.Length, _heap.Hasher.Hash(bytes), member.IsNumber);
            }
        }
        return Count > 0;
    }

    /// <summary>Keeps the members that another set has, or those that it has not.</summary>
    public void Keep(EntryRef other, bool present)
    {
        int kept = 0;
        if (other.Encoding == EntryEncoding.HashTable)
        {
            HashTable<SetMember> table = SetValue.Table(_heap, other);
            Prefetch(table);
            for (int i = 0; i < Count; i++)
            {
                if (table.Find(_items[i].Hash, _items[i].Bytes) != null == present) _items[kept++] = _items[i];
            }
        }
        else
        {
            for (int i = 0; i < Count; i++)
            {
                if (SetValue.Contains(_heap, other, _items[i].Bytes) == present) _items[kept++] = _items[i];
            }
        }
        Count = kept;
    }

    /// <summary>Fetches what lookups of the members in a table will need.</summary>
    public readonly void Prefetch(in HashTable<SetMember> table)
    {
        for (int i = 0; i < Count; i++) table.PrefetchLine(_items[i].Hash);
        for (int i = 0; i < Count; i++) table.PrefetchEntry(_items[i].Hash);
    }

    [InlineArray(Size)]
    private struct Items
    {
        private SetItem _first;
    }

    [InlineArray(Size * ListpackElement.DigitsMax)]
    private struct Digits
    {
        private byte _first;
    }
}
