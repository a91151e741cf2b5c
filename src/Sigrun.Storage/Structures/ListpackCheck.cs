using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures;

/// <summary>Looks through bytes from outside before anyone takes them for a listpack.</summary>
public static unsafe class ListpackCheck
{
    /// <summary>
    /// Whether bytes are a listpack that can be walked both ways without leaving it. Without
    /// <paramref name="deep"/> only the frame is looked at.
    /// </summary>
    /// <param name="bytes">All bytes.</param>
    /// <param name="deep">Whether to look at every element.</param>
    /// <param name="count">The elements found, when looked at.</param>
    public static bool IsValid(ReadOnlySpan<byte> bytes, bool deep, out int count)
    {
        count = 0;
        if (bytes.Length is < Listpack.EmptyBytes or > Listpack.BytesMax) return false;
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes) != bytes.Length || bytes[^1] != ListpackCode.End) return false;
        if (!deep) return true;
        int stated = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        fixed (byte* pack = bytes)
        {
            return TryCount(pack, bytes.Length, out count) && (stated == ushort.MaxValue || stated == count);
        }
    }

    private static bool TryCount(byte* pack, int length, out int count)
    {
        count = 0;
        byte* end = pack + length - 1;
        byte* at = pack + Listpack.HeaderBytes;
        for (; at < end; count++)
        {
            if (*at == ListpackCode.End || !TryMeasure(at, end - at, out long bytes)) return false;
            at += bytes;
        }
        return at == end;
    }

    /// <summary>The size of an element with its back length, when both make sense within the bytes that are left.</summary>
    private static bool TryMeasure(byte* element, long left, out long bytes)
    {
        bytes = 0;
        int lead = ListpackCode.LeadBytes(*element);
        if (lead == 0 || lead > left) return false;
        if (*element == ListpackCode.String32 && Unsafe.ReadUnaligned<uint>(element + 1) > left) return false;
        long body = ListpackCode.BodyBytes(element);
        if (body >= left) return false;
        int back = ListpackCode.BackLengthBytes((int)body);
        bytes = body + back;
        if (bytes > left) return false;
        return ListpackCode.ReadBackLength(element + bytes, out int read) == (ulong)body && read == back;
    }
}
