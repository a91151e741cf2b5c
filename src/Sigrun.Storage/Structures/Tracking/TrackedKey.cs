using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Tracking;

/// <summary>
/// A key that clients have in their caches: a block with two lengths, the name, and the clients' ids in ascending order.
/// </summary>
/// <remarks>
/// Lengths take a byte each, or (255 first) four. An id takes six bytes: as many clients as that counts never connect.
/// For a name of 16 bytes and one client that makes 24.
/// </remarks>
internal readonly unsafe struct TrackedKey : IEntryLayout
{
    private const byte LongMark = byte.MaxValue;
    private const int ShortHeader = 2;
    private const int LongHeader = 1 + (2 * sizeof(int));
    private const int IdBytes = 6;

    /// <summary>From so many ids on there is room for a quarter more, so that adding one seldom moves them all.</summary>
    private const int SpareMin = 8;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(byte* entry) => *entry != LongMark
        ? new ReadOnlySpan<byte>(entry + ShortHeader, *entry)
        : new ReadOnlySpan<byte>(entry + LongHeader, Unsafe.ReadUnaligned<int>(entry + 1));

    /// <summary>How many clients there are.</summary>
    public static int Count(byte* entry) => *entry != LongMark ? entry[1] : Unsafe.ReadUnaligned<int>(entry + 1 + sizeof(int));

    /// <summary>A client's id.</summary>
    public static long Id(byte* entry, int index)
    {
        byte* id = Ids(entry) + ((nint)index * IdBytes);
        return Unsafe.ReadUnaligned<uint>(id) | (long)Unsafe.ReadUnaligned<ushort>(id + sizeof(uint)) << 32;
    }

    /// <summary>Puts an id in the place of another.</summary>
    public static void SetId(byte* entry, int index, long id)
    {
        byte* place = Ids(entry) + ((nint)index * IdBytes);
        Unsafe.WriteUnaligned(place, (uint)id);
        Unsafe.WriteUnaligned(place + sizeof(uint), (ushort)(id >> 32));
    }

    /// <summary>Makes the block of a key with one client.</summary>
    public static byte* Create(Heap heap, ReadOnlySpan<byte> key, long id)
    {
        byte* entry = Allocate(heap, key, 1);
        SetId(entry, 0, id);
        return entry;
    }

    /// <summary>Where an id is; the complement of where it belongs when it is not there.</summary>
    public static int Search(byte* entry, long id)
    {
        int low = 0;
        int high = Count(entry);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            long found = Id(entry, middle);
            if (found == id) return middle;
            if (found < id) low = middle + 1;
            else high = middle;
        }
        return ~low;
    }

    /// <summary>Adds an id where it belongs; returns the block, which may be another: the old one is for the caller to free.</summary>
    public static byte* Insert(Heap heap, byte* entry, int index, long id)
    {
        int count = Count(entry);
        nint idsOffset = (nint)(Ids(entry) - entry);
        bool keepsHeader = *entry == LongMark || count < byte.MaxValue;
        byte* target = entry;
        if (!keepsHeader || (nuint)(idsOffset + ((nint)(count + 1) * IdBytes)) > heap.UsableSize(entry))
        {
            target = Allocate(heap, Key(entry), count + 1);
            Buffer.MemoryCopy(Ids(entry), Ids(target), (long)index * IdBytes, (long)index * IdBytes);
        }
        long rest = (long)(count - index) * IdBytes;
        Buffer.MemoryCopy(entry + idsOffset + ((nint)index * IdBytes), Ids(target) + ((nint)(index + 1) * IdBytes), rest, rest);
        SetCount(target, count + 1);
        SetId(target, index, id);
        return target;
    }

    private static byte* Ids(byte* entry) => entry + (*entry != LongMark ? ShortHeader + *entry : LongHeader + (nint)Unsafe.ReadUnaligned<int>(entry + 1));

    private static void SetCount(byte* entry, int count)
    {
        if (*entry != LongMark) entry[1] = (byte)count;
        else Unsafe.WriteUnaligned(entry + 1 + sizeof(int), count);
    }

    private static byte* Allocate(Heap heap, ReadOnlySpan<byte> key, int count)
    {
        bool isShort = key.Length < LongMark && count <= byte.MaxValue;
        int header = isShort ? ShortHeader : LongHeader;
        long room = count < SpareMin ? count : count + (long)(count / 4);
        byte* entry = heap.Allocate((nuint)header + (nuint)key.Length + ((nuint)room * IdBytes));
        if (isShort)
        {
            *entry = (byte)key.Length;
        }
        else
        {
            *entry = LongMark;
            Unsafe.WriteUnaligned(entry + 1, key.Length);
        }
        SetCount(entry, count);
        key.CopyTo(new Span<byte>(entry + header, key.Length));
        return entry;
    }
}
