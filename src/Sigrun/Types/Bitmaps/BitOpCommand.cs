using System.Buffers;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types.Strings;

namespace Sigrun.Types.Bitmaps;

/// <summary>BITOP: strings combined bit by bit into another key.</summary>
/// <remarks>
/// The result is worked out block by block: a block of it stays in the nearest cache while the sources run
/// over it, so every byte of a source is read once and every byte of the result written once. Its memory is
/// made before, and becomes the value without a copy; nothing else is needed, whatever the sizes. The
/// destination may be among the sources.
/// </remarks>
internal static class BitOpCommand
{
    private const int BlockBytes = 16 * 1024;
    private const int StackSources = 16;

    [Command("BITOP", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Bitmap,
        Since = "2.6.0", Complexity = "O(N)", Keys = "2 OW update; 3..-1 RO access",
        Summary = "Combines strings bit by bit and stores what comes out.",
        Syntax = "<operation=AND|OR|XOR|NOT> destkey key [key ...]")]
    public static void BitOp(CommandContext c)
    {
        if (!TryReadOperation(c, out BitOperation operation)) return;
        int count = c.ArgCount - 3;
        if (operation == BitOperation.Not && count != 1)
        {
            c.Reply.Error("ERR BITOP NOT must be called with a single source key."u8);
            return;
        }
        if (!TryMeasure(c, out int length)) return;
        if (length == 0) c.Db.RemoveForEmptyResult(c, c.Key(2));
        else if (count <= StackSources) Store(c, operation, length, stackalloc EntryRef[count]);
        else StoreMany(c, operation, length, count);
        c.Reply.Integer(length);
    }

    private static bool TryReadOperation(CommandContext c, out BitOperation operation)
    {
        operation = BitOperation.And;
        if (c.ArgIs(1, "AND"u8)) return true;
        operation = BitOperation.Or;
        if (c.ArgIs(1, "OR"u8)) return true;
        operation = BitOperation.Xor;
        if (c.ArgIs(1, "XOR"u8)) return true;
        operation = BitOperation.Not;
        if (c.ArgIs(1, "NOT"u8)) return true;
        c.Reply.Error(CommandErrors.Syntax);
        return false;
    }

    /// <summary>Looks all sources up, which may remove expired ones, and finds the longest; false when one is no string.</summary>
    private static bool TryMeasure(CommandContext c, out int length)
    {
        length = 0;
        for (int i = 3; i < c.ArgCount; i++)
        {
            if (!StringValue.TryFind(c, c.Key(i), out EntryRef entry)) return false;
            if (!entry.IsNull) length = Math.Max(length, entry.ValueLength);
        }
        return true;
    }

    private static void StoreMany(CommandContext c, BitOperation operation, int length, int count)
    {
        EntryRef[] rented = ArrayPool<EntryRef>.Shared.Rent(count);
        try
        {
            Store(c, operation, length, rented.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<EntryRef>.Shared.Return(rented);
        }
    }

    private static void Store(CommandContext c, BitOperation operation, int length, Span<EntryRef> sources)
    {
        // Nothing is written from here on until the result is there, so the entries stay where they are.
        for (int i = 0; i < sources.Length; i++) sources[i] = c.Db.Peek(c.Key(i + 3));
        if (length <= StringEntry.InlineLimit)
        {
            Span<byte> small = stackalloc byte[length];
            Combine(operation, sources, small);
            WriteScope scope = c.Db.OpenWrite(c, c.Key(2));
            scope.SetBytes(small, EntryEncoding.Raw, -1);
            scope.Commit(KeyspaceEventClass.String, "set"u8);
        }
        else
        {
            var result = new DetachedString(c.Engine.Heap, length);
            Combine(operation, sources, result.Bytes);
            WriteScope scope = c.Db.OpenWrite(c, c.Key(2));
            scope.SetBytes(result, -1);
            scope.Commit(KeyspaceEventClass.String, "set"u8);
        }
    }

    private static void Combine(BitOperation operation, ReadOnlySpan<EntryRef> sources, Span<byte> result)
    {
        for (int start = 0; start < result.Length; start += BlockBytes)
        {
            Span<byte> block = result.Slice(start, Math.Min(BlockBytes, result.Length - start));
            CopyPart(sources[0], start, block);
            if (operation == BitOperation.Not) BitCombiner.Invert(block);
            foreach (EntryRef source in sources[1..]) CombinePart(operation, source, start, block);
        }
    }

    private static void CopyPart(EntryRef source, int start, Span<byte> block)
    {
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        ReadOnlySpan<byte> part = Part(source, digits, start, block.Length);
        part.CopyTo(block);
        block[part.Length..].Clear();
    }

    private static void CombinePart(BitOperation operation, EntryRef source, int start, Span<byte> block)
    {
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        BitCombiner.Into(operation, block, Part(source, digits, start, block.Length));
    }

    /// <summary>The bytes of a source from an offset on, as many as there are; an integer is written out first.</summary>
    private static ReadOnlySpan<byte> Part(EntryRef source, Span<byte> digits, int start, int length)
    {
        if (source.IsNull) return [];
        ReadOnlySpan<byte> value = source.GetValue(digits);
        return start >= value.Length ? [] : value.Slice(start, Math.Min(length, value.Length - start));
    }
}
