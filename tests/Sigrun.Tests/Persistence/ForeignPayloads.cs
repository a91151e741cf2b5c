using System.Buffers.Binary;
using System.Text;
using Sigrun.Persistence;

namespace Sigrun.Tests.Persistence;

/// <summary>Values as Redis 7.4 and later write them, each behind the byte of its type.</summary>
internal static class ForeignPayloads
{
    /// <summary>A value with what RESTORE wants behind it.</summary>
    public static byte[] WithFooter(byte[] value, int version)
    {
        byte[] payload = [.. value, (byte)version, 0];
        byte[] sum = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(sum, Crc64.Compute(payload));
        return [.. payload, .. sum];
    }

    /// <summary>Three fields, the one without a time first or, where the layout says so, last.</summary>
    public static byte[] Hash(int type, long[] times)
    {
        string[] values = ["v0", "17", "v2"];
        var writer = new RdbWriter { Compresses = false };
        writer.WriteByte((byte)type);
        long earliest = times.Where(static t => t != 0).Min();
        if (type is 24 or 25) writer.WriteUInt64((ulong)earliest);
        if (type is 23 or 25)
        {
            var elements = new List<string>();
            foreach (int i in Enumerable.Range(0, 3).OrderBy(i => times[i] == 0 ? long.MaxValue : times[i]))
                elements.AddRange([$"f{i}", values[i], $"{times[i]}"]);
            writer.WriteString(Listpack(elements));
            return writer.Written.ToArray();
        }
        writer.WriteLength(3);
        for (int i = 0; i < 3; i++)
        {
            writer.WriteLength((ulong)(type == 24 && times[i] != 0 ? times[i] - earliest + 1 : times[i]));
            writer.WriteString(Encoding.ASCII.GetBytes($"f{i}"));
            writer.WriteString(Encoding.ASCII.GetBytes(values[i]));
        }
        return writer.Written.ToArray();
    }

    /// <summary>
    /// Three entries of a stream to which four were added, of which two are pending: with type 26 both with alice, with
    /// type 27 one with her and one with nobody.
    /// </summary>
    public static byte[] Stream(int type, int returned = 1)
    {
        var writer = new RdbWriter { Compresses = false };
        writer.WriteByte((byte)type);
        writer.WriteLength(1);
        writer.WriteString(Id(1));
        // The master entry of one field, then entries of its field: flags, ID, value, number of elements.
        string[] entries = ["3", "0", "1", "f", "0", "2", "0", "0", "v", "4", "2", "1", "0", "v", "4", "2", "2", "0", "v", "4"];
        writer.WriteString(Listpack(entries));
        WriteLengths(writer, 3, 4, 0, 1, 0, 4, 0, 4); // length, last ID, first ID, largest ID removed, entries added
        WriteLengths(writer, 1);
        writer.WriteString("g"u8);
        WriteLengths(writer, 3, 0, 3, 2);
        int[] pending = type == 27 ? [1, 2] : [2, 3];
        foreach (int id in pending)
        {
            writer.WriteRaw(Id(id));
            writer.WriteUInt64(1000);
            writer.WriteLength(1);
        }
        writer.WriteLength(1);
        writer.WriteString("alice"u8);
        writer.WriteUInt64(2000);
        writer.WriteUInt64(2000);
        int[] hers = type == 27 ? [2] : pending;
        writer.WriteLength((ulong)hers.Length);
        foreach (int id in hers) writer.WriteRaw(Id(id));
        if (type == 27)
        {
            writer.WriteLength(returned == 0 ? 0UL : 1);
            if (returned != 0) writer.WriteRaw(Id(returned));
        }
        WriteLengths(writer, 100, 100, 1); // how long, how many, producers
        writer.WriteString("producer"u8);
        writer.WriteLength(1);
        writer.WriteString("iid-1"u8);
        WriteLengths(writer, 1, 0, 7, 2); // its entry; sent, sent twice
        return writer.Written.ToArray();
    }

    private static void WriteLengths(RdbWriter writer, params ulong[] lengths)
    {
        foreach (ulong length in lengths) writer.WriteLength(length);
    }

    private static byte[] Id(int ms)
    {
        byte[] id = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, ms);
        return id;
    }

    /// <summary>A listpack of short elements: texts, and numbers of seven, sixteen or sixty-four bits.</summary>
    private static byte[] Listpack(IReadOnlyList<string> elements)
    {
        var bytes = new List<byte>();
        foreach (string element in elements)
        {
            byte[] entry = Element(element);
            bytes.AddRange(entry);
            bytes.Add((byte)entry.Length);
        }
        byte[] pack = [0, 0, 0, 0, 0, 0, .. bytes, 0xFF];
        BinaryPrimitives.WriteInt32LittleEndian(pack, pack.Length);
        BinaryPrimitives.WriteInt16LittleEndian(pack.AsSpan(4), (short)elements.Count);
        return pack;
    }

    private static byte[] Element(string text)
    {
        if (!long.TryParse(text, out long number)) return [(byte)(0x80 | text.Length), .. Encoding.ASCII.GetBytes(text)];
        if (number is >= 0 and < 128) return [(byte)number];
        byte[] bytes = new byte[9];
        bytes[0] = 0xF4;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), number);
        return bytes;
    }
}
