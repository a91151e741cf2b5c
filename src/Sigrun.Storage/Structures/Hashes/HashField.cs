using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Hashes;

/// <summary>A field of a hash in a table, with its value: one block.</summary>
/// <remarks>
/// <code>
/// 0    length of the field up to 63; 128: the length follows in four bytes; 64: the field expires
/// 1    length of the value up to 254; 255: the length lies before the value, in four bytes
///      only where the field expires: four bytes of its place in the queue, which has its time
///      field
///      value
/// </code>
/// So a short field with a short value costs two bytes, and one without expiry pays nothing for those that have one.
/// Functions that change a block return where it is now and free the old one.
/// </remarks>
internal readonly unsafe struct HashField : IEntryLayout
{
    private const byte LongFieldFlag = 0x80;
    private const byte ExpiringFlag = 0x40;
    private const int ShortFieldMax = 0x3F;
    private const byte LongValueMark = byte.MaxValue;
    private const int FixedBytes = 2;
    private const int ExpiryBytes = sizeof(uint);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(byte* entry) => new(entry + FieldOffset(*entry), FieldLength(entry));

    /// <summary>The field.</summary>
    public static ListpackElement Field(byte* entry) => new(entry + FieldOffset(*entry), FieldLength(entry));

    /// <summary>The value.</summary>
    public static ListpackElement Value(byte* entry)
    {
        byte* at = entry + FieldOffset(*entry) + FieldLength(entry);
        return entry[1] != LongValueMark
            ? new ListpackElement(at, entry[1])
            : new ListpackElement(at + sizeof(int), Unsafe.ReadUnaligned<int>(at));
    }

    /// <summary>Whether the field expires.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExpiring(byte* entry) => (*entry & ExpiringFlag) != 0;

    /// <summary>The place in the queue of a field that expires.</summary>
    public static uint QueueIndex(byte* entry) => Unsafe.ReadUnaligned<uint>(QueueIndexAt(entry));

    /// <summary>Notes the place in the queue of a field that expires.</summary>
    public static void SetQueueIndex(byte* entry, uint index) => Unsafe.WriteUnaligned(QueueIndexAt(entry), index);

    /// <summary>Makes the block of a field.</summary>
    public static byte* Create(Heap heap, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, bool isExpiring)
    {
        byte* entry = heap.Allocate(TotalBytes(field.Length, value.Length, isExpiring));
        bool isLong = field.Length > ShortFieldMax;
        *entry = (byte)((isLong ? LongFieldFlag : field.Length) | (isExpiring ? ExpiringFlag : 0));
        if (isLong) Unsafe.WriteUnaligned(entry + FixedBytes, field.Length);
        field.CopyTo(new Span<byte>(entry + FieldOffset(*entry), field.Length));
        WriteValue(entry, value);
        return entry;
    }

    /// <summary>Gives a field another value, which must not be its own, and room for its place in the queue or none.</summary>
    public static byte* Change(Heap heap, byte* entry, ReadOnlySpan<byte> value, bool isExpiring)
    {
        nuint total = TotalBytes(FieldLength(entry), value.Length, isExpiring);
        if (isExpiring != IsExpiring(entry) || !heap.MayStay(entry, total))
            return Renew(heap, entry, value, isExpiring);
        WriteValue(entry, value);
        return entry;
    }

    /// <summary>Gives a field room for its place in the queue or none.</summary>
    public static byte* SetExpiring(Heap heap, byte* entry, bool isExpiring) =>
        isExpiring == IsExpiring(entry) && !heap.MovesOnWrite ? entry : Renew(heap, entry, Value(entry).Bytes, isExpiring);

    private static byte* Renew(Heap heap, byte* entry, ReadOnlySpan<byte> value, bool isExpiring)
    {
        byte* fresh = Create(heap, Key(entry), value, isExpiring);
        heap.Free(entry);
        return fresh;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FieldOffset(byte flags) =>
        FixedBytes + (flags >> 7) * sizeof(int) + ((flags >> 6) & 1) * ExpiryBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FieldLength(byte* entry) =>
        (*entry & LongFieldFlag) == 0 ? *entry & ShortFieldMax : Unsafe.ReadUnaligned<int>(entry + FixedBytes);

    private static nuint TotalBytes(int fieldLength, int valueLength, bool isExpiring) =>
        (nuint)(FixedBytes + (fieldLength > ShortFieldMax ? sizeof(int) : 0) + (isExpiring ? ExpiryBytes : 0)
            + (valueLength >= LongValueMark ? sizeof(int) : 0)) + (nuint)fieldLength + (nuint)valueLength;

    private static byte* QueueIndexAt(byte* entry) => entry + FixedBytes + (*entry >> 7) * sizeof(int);

    private static void WriteValue(byte* entry, ReadOnlySpan<byte> value)
    {
        byte* at = entry + FieldOffset(*entry) + FieldLength(entry);
        if (value.Length < LongValueMark)
        {
            entry[1] = (byte)value.Length;
        }
        else
        {
            entry[1] = LongValueMark;
            Unsafe.WriteUnaligned(at, value.Length);
            at += sizeof(int);
        }
        value.CopyTo(new Span<byte>(at, value.Length));
    }
}
