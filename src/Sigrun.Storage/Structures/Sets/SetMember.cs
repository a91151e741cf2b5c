using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Sets;

/// <summary>The member of a set in a table: a block of its own with its length, one byte or (255 first) five, and its bytes.</summary>
internal readonly unsafe struct SetMember : IEntryLayout, IEntryCopier
{
    private const byte LongMark = byte.MaxValue;
    private const int LongHeader = 1 + sizeof(int);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(byte* entry)
    {
        int length = *entry;
        return length != LongMark
            ? new ReadOnlySpan<byte>(entry + 1, length)
            : new ReadOnlySpan<byte>(entry + LongHeader, Unsafe.ReadUnaligned<int>(entry + 1));
    }

    /// <summary>Makes the block of a member.</summary>
    public static byte* Create(Heap heap, ReadOnlySpan<byte> member)
    {
        int length = member.Length;
        int header = length < LongMark ? 1 : LongHeader;
        byte* entry = heap.Allocate((nuint)header + (nuint)length);
        if (header == 1)
        {
            *entry = (byte)length;
        }
        else
        {
            *entry = LongMark;
            Unsafe.WriteUnaligned(entry + 1, length);
        }
        member.CopyTo(new Span<byte>(entry + header, length));
        return entry;
    }

    /// <inheritdoc/>
    public static byte* Copy(Heap heap, byte* entry)
    {
        int length = *entry;
        int bytes = length != LongMark ? 1 + length : LongHeader + Unsafe.ReadUnaligned<int>(entry + 1);
        byte* copy = heap.Allocate((nuint)bytes);
        new ReadOnlySpan<byte>(entry, bytes).CopyTo(new Span<byte>(copy, bytes));
        return copy;
    }

    /// <summary>Puts a member that is absent into a table.</summary>
    public static void Insert(Heap heap, in HashTable<SetMember> table, ulong hash, ReadOnlySpan<byte> member)
    {
        WritePermit permit = table.BeginWrite(hash);
        table.Reserve(permit, hash);
        table.Insert(permit, hash, Create(heap, member));
    }

    /// <summary>A member as commands see it.</summary>
    public static ListpackElement Element(byte* entry)
    {
        int length = *entry;
        return length != LongMark
            ? new ListpackElement(entry + 1, length)
            : new ListpackElement(entry + LongHeader, Unsafe.ReadUnaligned<int>(entry + 1));
    }
}
