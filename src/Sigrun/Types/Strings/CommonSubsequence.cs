using System.Buffers;
using System.Numerics;

namespace Sigrun.Types.Strings;

/// <summary>The longest common subsequence of two strings: its length, and the way along it.</summary>
/// <remarks>
/// <para>
/// Let L(i, j) be the length for the first i bytes of one string and the first j of the other. Along a row
/// it grows by 0 or 1 from column to column, so a row is a string of bits, and the next row follows from it
/// by one addition with carry and a few logical operations on 64 columns at once (Hyyrö's formulation of
/// the bit-vector algorithm). The table takes one bit per cell, where plain dynamic programming takes four
/// bytes, and is filled about fifty times as fast; of the length alone one row is kept.
/// </para>
/// <para>
/// A row keeps the complement: a clear bit is a step. To walk back from the end it is enough to know whether
/// there is a step from column j−1 to column j in row i: where the bytes differ and there is one, the value
/// comes from the row above, otherwise from the column before. This is the tie rule that clients see in
/// the ranges of LCS … IDX.
/// </para>
/// </remarks>
internal ref struct CommonSubsequence
{
    private readonly ReadOnlySpan<byte> _rows;
    private readonly ReadOnlySpan<byte> _columns;
    private readonly int _words;
    private ulong[]? _matches;
    private ulong[]? _table;

    /// <summary>Works the table out. Dispose gives its memory back.</summary>
    /// <param name="first">The string whose bytes are rows.</param>
    /// <param name="second">The string whose bytes are columns.</param>
    /// <param name="keepsTable">Whether the walk is wanted, not only the length.</param>
    public CommonSubsequence(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool keepsTable)
    {
        _rows = first;
        _columns = second;
        _words = (int)(((long)second.Length + 63) >> 6);
        _table = ArrayPool<ulong>.Shared.Rent(Math.Max(1, checked(keepsTable ? (first.Length + 1) * _words : _words)));
        Fill(keepsTable);
    }

    /// <summary>The length of the subsequence.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the table for strings of these lengths can be had at all.</summary>
    public static bool IsPossible(int first, int second) => (first + 1L) * ((second + 63L) >> 6) <= Array.MaxLength;

    /// <summary>Whether the value of a cell comes from the row above, given that its bytes differ.</summary>
    /// <param name="row">1 to the length of the first string.</param>
    /// <param name="column">1 to the length of the second string.</param>
    public readonly bool ComesFromAbove(int row, int column)
    {
        int bit = column - 1;
        return (_table![row * _words + (bit >> 6)] >> (bit & 63) & 1) == 0;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_table is not null) ArrayPool<ulong>.Shared.Return(_table);
        if (_matches is not null) ArrayPool<ulong>.Shared.Return(_matches);
        _table = _matches = null;
    }

    private void Fill(bool keepsTable)
    {
        Span<ulong> row = _table.AsSpan(0, _words);
        row.Fill(ulong.MaxValue);
        Span<short> indexes = stackalloc short[256];
        FindMatches(indexes);
        for (int i = 0; i < _rows.Length; i++)
        {
            Span<ulong> next = keepsTable ? _table.AsSpan((i + 1) * _words, _words) : row;
            int index = indexes[_rows[i]];
            if (index > 0) NextRow(row, _matches.AsSpan((index - 1) * _words, _words), next);
            else if (keepsTable) row.CopyTo(next);
            row = next;
        }
        Length = CountSteps(row);
    }

    /// <summary>For each byte of the first string that the second has too: in which columns it has it.</summary>
    private void FindMatches(scoped Span<short> indexes)
    {
        indexes.Clear();
        foreach (byte b in _rows) indexes[b] = -1;
        int count = 0;
        foreach (byte b in _columns)
        {
            if (indexes[b] < 0) indexes[b] = (short)++count;
        }
        _matches = ArrayPool<ulong>.Shared.Rent(Math.Max(1, checked(count * _words)));
        _matches.AsSpan(0, count * _words).Clear();
        for (int j = 0; j < _columns.Length; j++)
        {
            int index = indexes[_columns[j]];
            if (index > 0) _matches[(index - 1) * _words + (j >> 6)] |= 1UL << (j & 63);
        }
    }

    private static void NextRow(ReadOnlySpan<ulong> row, ReadOnlySpan<ulong> matches, Span<ulong> next)
    {
        ulong carry = 0;
        for (int w = 0; w < row.Length; w++)
        {
            ulong bits = row[w];
            ulong hits = bits & matches[w];
            ulong sum = bits + hits;
            ulong carried = sum < bits ? 1UL : 0;
            sum += carry;
            if (sum < carry) carried = 1;
            carry = carried;
            next[w] = sum | (bits & ~matches[w]);
        }
    }

    private readonly int CountSteps(ReadOnlySpan<ulong> row)
    {
        int steps = 0;
        for (int w = 0; w < _words; w++)
        {
            int columns = Math.Min(64, _columns.Length - (w << 6));
            ulong inside = columns == 64 ? ulong.MaxValue : (1UL << columns) - 1;
            steps += BitOperations.PopCount(~row[w] & inside);
        }
        return steps;
    }
}
