using System.Buffers;
using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Types.Sorting;

/// <summary>
/// Names of keys with a place for an element, <c>weight_*</c>, or of fields of hashes, <c>object_*->weight</c>.
/// </summary>
internal static class SortPattern
{
    private const int StackNameMax = 256;

    /// <summary>Whether there is a place for an element.</summary>
    public static bool HasPlace(ReadOnlySpan<byte> pattern) => CommandErrors.UpToNul(pattern).Contains((byte)'*');

    /// <summary>Whether the pattern stands for the element itself.</summary>
    public static bool IsElement(ReadOnlySpan<byte> pattern) => pattern is [(byte)'#'] or [(byte)'#', 0, ..];

    /// <summary>Finds what the pattern names for an element.</summary>
    /// <param name="c">The command.</param>
    /// <param name="pattern">The pattern, which is not the element itself.</param>
    /// <param name="element">The element; no stored bytes, since an expired key that is met is removed.</param>
    /// <param name="scratch">Space for the digits of a number.</param>
    /// <param name="value">The value; valid until the next write.</param>
    public static bool TryLookUp(CommandContext c, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> element, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        int star = CommandErrors.UpToNul(pattern).IndexOf((byte)'*');
        if (star < 0) return false;
        ReadOnlySpan<byte> behind = pattern[(star + 1)..];
        int arrow = CommandErrors.UpToNul(behind).IndexOf("->"u8);
        bool hasField = arrow >= 0 && arrow + 2 < behind.Length && behind[arrow + 2] != 0;
        ReadOnlySpan<byte> field = hasField ? behind[(arrow + 2)..] : default;
        if (hasField) behind = behind[..arrow];

        int length = star + element.Length + behind.Length;
        byte[]? rented = length > StackNameMax ? ArrayPool<byte>.Shared.Rent(length) : null;
        Span<byte> name = rented is null ? stackalloc byte[StackNameMax] : rented;
        pattern[..star].CopyTo(name);
        element.CopyTo(name[star..]);
        behind.CopyTo(name[(star + element.Length)..]);
        name = name[..length];
        EntryRef entry = c.Db.FindForRead(new KeyRef(name, c.Engine.Hasher.Hash(name)));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return !entry.IsNull && (hasField ? TryGetField(c, entry, field, scratch, out value) : TryGetString(entry, scratch, out value));
    }

    private static bool TryGetString(EntryRef entry, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (entry.Type != EntryType.String) return false;
        value = entry.GetValue(scratch);
        return true;
    }

    private static bool TryGetField(CommandContext c, EntryRef entry, ReadOnlySpan<byte> field, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (entry.Type != EntryType.Hash || !HashValue.TryGet(c.Engine.Heap, entry, field, c.FieldsNowMs, out HashFieldRef found)) return false;
        value = found.Value.GetBytes(scratch);
        return true;
    }
}
