using System.Buffers;
using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>LCS: the longest common subsequence of two strings, see <see cref="CommonSubsequence"/>.</summary>
internal static class LcsCommand
{
    /// <summary>Bytes per cell that clients know the limit on the table by.</summary>
    private const long NominalCellBytes = 4;

    [Command("LCS", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.String, Since = "7.0.0",
        Complexity = "O(N*M)", Keys = "1..+1 RO access", Summary = "Finds the longest common subsequence of two strings.",
        Syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]")]
    public static void Lcs(CommandContext c)
    {
        EntryRef first = c.Db.FindForRead(c.Key(1));
        EntryRef second = c.Db.FindForRead(c.Key(2));
        if (IsNoString(first) || IsNoString(second))
        {
            c.Reply.Error("ERR The specified keys must contain string values"u8);
            return;
        }
        if (!TryParse(c, out Options options)) return;
        Span<byte> firstDigits = stackalloc byte[EntryRef.IntegerDigits];
        Span<byte> secondDigits = stackalloc byte[EntryRef.IntegerDigits];
        ReadOnlySpan<byte> a = first.IsNull ? [] : first.GetValue(firstDigits);
        ReadOnlySpan<byte> b = second.IsNull ? [] : second.GetValue(secondDigits);
        if (!IsTableAllowed(c, a.Length, b.Length)) return;

        using var common = new CommonSubsequence(a, b, keepsTable: options.Indexes || !options.Length);
        if (options.Indexes) ReplyRanges(c.Reply, a, b, common, options);
        else if (options.Length) c.Reply.Integer(common.Length);
        else ReplyText(c.Reply, a, b, common);
    }

    private record struct Options(bool Length, bool Indexes, bool MatchLengths, long MatchLengthMin);

    private static bool IsNoString(EntryRef entry) => !entry.IsNull && entry.Type != EntryType.String;

    private static bool TryParse(CommandContext c, out Options options)
    {
        options = default;
        for (int i = 3; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "IDX"u8))
            {
                options.Indexes = true;
            }
            else if (c.ArgIs(i, "LEN"u8))
            {
                options.Length = true;
            }
            else if (c.ArgIs(i, "WITHMATCHLEN"u8))
            {
                options.MatchLengths = true;
            }
            else if (c.ArgIs(i, "MINMATCHLEN"u8) && i + 1 < c.ArgCount)
            {
                if (!StringValue.TryReadArgument(c, ++i, out long least)) return false;
                options.MatchLengthMin = least;
            }
            else
            {
                c.Reply.Error(CommandErrors.Syntax);
                return false;
            }
        }
        if (!options.Length || !options.Indexes) return true;
        c.Reply.Error("ERR If you want both the length and indexes, please just use IDX."u8);
        return false;
    }

    private static bool IsTableAllowed(CommandContext c, int first, int second)
    {
        Int128 cells = (Int128)(first + 1L) * (second + 1L);
        if (cells * NominalCellBytes > c.Engine.BulkLengthMax)
        {
            c.Reply.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8);
            return false;
        }
        if (CommonSubsequence.IsPossible(first, second)) return true;
        c.Reply.Error("ERR Insufficient memory, failed allocating transient memory for LCS"u8);
        return false;
    }

    private static void ReplyText(ReplyWriter reply, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, in CommonSubsequence common)
    {
        byte[] text = ArrayPool<byte>.Shared.Rent(common.Length);
        int left = common.Length;
        int i = a.Length;
        int j = b.Length;
        while (left > 0)
        {
            if (a[i - 1] == b[j - 1])
            {
                text[--left] = a[--i];
                j--;
            }
            else if (common.ComesFromAbove(i, j))
            {
                i--;
            }
            else
            {
                j--;
            }
        }
        reply.Bulk(text.AsSpan(0, common.Length));
        ArrayPool<byte>.Shared.Return(text);
    }

    private static void ReplyRanges(
        ReplyWriter reply, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, in CommonSubsequence common, Options options)
    {
        reply.Map(2);
        reply.Bulk("matches"u8);
        DeferredHeader header = reply.BeginDeferred();
        int ranges = 0;
        int i = a.Length;
        int j = b.Length;
        while (i > 0 && j > 0)
        {
            int run = 0;
            while (i > 0 && j > 0 && a[i - 1] == b[j - 1])
            {
                i--;
                j--;
                run++;
            }
            if (run > 0 && run >= options.MatchLengthMin)
            {
                ReplyRange(reply, i, j, run, options.MatchLengths);
                ranges++;
            }
            if (i == 0 || j == 0) break;
            if (common.ComesFromAbove(i, j)) i--;
            else j--;
        }
        reply.EndDeferred(header, ranges);
        reply.Bulk("len"u8);
        reply.Integer(common.Length);
    }

    private static void ReplyRange(ReplyWriter reply, int first, int second, int length, bool withLength)
    {
        reply.Array(withLength ? 3 : 2);
        reply.Array(2);
        reply.Integer(first);
        reply.Integer(first + length - 1);
        reply.Array(2);
        reply.Integer(second);
        reply.Integer(second + length - 1);
        if (withLength) reply.Integer(length);
    }
}
