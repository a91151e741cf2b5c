using Sigrun.Persistence;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Types.Hashes;

/// <summary>Reads hashes some of whose fields expire as the other family of servers writes them.</summary>
/// <remarks>
/// Either field by field with the time, absolute or counted from the hash's earliest one, or as a listpack of fields,
/// values and absolute times. A time of zero means none.
/// </remarks>
internal static class ForeignHashLoader
{
    /// <summary>Reads a hash field by field.</summary>
    public static void LoadFields(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        bool isRelative = form == RdbType.ForeignHash;
        long earliestMs = isRelative ? reader.ReadInt64() : 0;
        ulong count = reader.ReadLength();
        if (count == 0) throw HashType.Empty();
        // A time, a field and its value take at least three bytes.
        if (count > (ulong)reader.Remaining / 3) throw new RdbFormatException("A hash cannot have that many fields.");
        target.Entry = HashValue.NewTable(target.Heap, target.Key, target.ExpiryMs, (long)count);
        for (; count > 0; count--)
        {
            ulong time = reader.ReadLength();
            ReadOnlySpan<byte> field = reader.ReadString();
            ReadOnlySpan<byte> value = reader.ReadSecondString();
            long expiryMs = time == 0 ? HashValue.BeforeAll
                : isRelative ? unchecked(earliestMs + (long)time - 1)
                : (long)Math.Min(time, long.MaxValue);
            if (time != 0 && expiryMs < 0) throw new RdbFormatException("A field expires before all times.");
            HashType.AddNew(target, target.Settings.Types.HashLimits, field, value, expiryMs);
        }
        HashType.EndFields(ref target);
    }

    /// <summary>Reads a hash that is a listpack.</summary>
    public static void LoadListpack(RdbType form, ref RdbReader reader, ref LoadTarget target)
    {
        if (form == RdbType.ForeignHashListpack) _ = reader.ReadInt64();
        ReadOnlySpan<byte> bytes = reader.ReadString();
        if (!ListpackCheck.IsValid(bytes, deep: true, out int count) || count % 3 != 0)
            throw new RdbFormatException("A listpack of fields with times is damaged.");
        if (count == 0) throw HashType.Empty();
        target.Entry = HashValue.NewTable(target.Heap, target.Key, target.ExpiryMs, count / 3);
        Span<byte> fieldDigits = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> valueDigits = stackalloc byte[ListpackElement.DigitsMax];
        Span<byte> timeDigits = stackalloc byte[ListpackElement.DigitsMax];
        var elements = new ListpackReader(bytes);
        while (elements.MoveNext())
        {
            ReadOnlySpan<byte> field = elements.GetBytes(fieldDigits);
            elements.MoveNext();
            ReadOnlySpan<byte> value = elements.GetBytes(valueDigits);
            elements.MoveNext();
            if (!NumberText.TryParseInt64(elements.GetBytes(timeDigits), out long expiryMs) || expiryMs < 0)
                throw new RdbFormatException("The time of a field is none.");
            HashType.AddNew(target, target.Settings.Types.HashLimits, field, value, expiryMs == 0 ? HashValue.BeforeAll : expiryMs);
        }
        HashType.EndFields(ref target);
    }
}
