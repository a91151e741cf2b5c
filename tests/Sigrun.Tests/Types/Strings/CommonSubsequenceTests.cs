using Sigrun.Types.Strings;

namespace Sigrun.Tests.Types.Strings;

/// <summary>The bit-vector table against the plain one.</summary>
public sealed class CommonSubsequenceTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 26)]
    [InlineData(4, 256)]
    public void Every_cell_agrees_with_dynamic_programming(int seed, int letters)
    {
        var random = new Random(seed);
        for (int round = 0; round < 60; round++)
        {
            byte[] a = RandomText(random, letters);
            byte[] b = RandomText(random, letters);
            int[,] lengths = Lengths(a, b);
            using var common = new CommonSubsequence(a, b, keepsTable: true);
            using var lengthOnly = new CommonSubsequence(a, b, keepsTable: false);
            Assert.Equal(lengths[a.Length, b.Length], common.Length);
            Assert.Equal(lengths[a.Length, b.Length], lengthOnly.Length);
            for (int i = 1; i <= a.Length; i++)
            {
                for (int j = 1; j <= b.Length; j++)
                {
                    if (a[i - 1] != b[j - 1]) Assert.Equal(lengths[i - 1, j] > lengths[i, j - 1], common.ComesFromAbove(i, j));
                }
            }
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", "abc")]
    [InlineData("abc", "")]
    public void An_empty_string_has_nothing_in_common(string a, string b)
    {
        using var common = new CommonSubsequence(System.Text.Encoding.ASCII.GetBytes(a), System.Text.Encoding.ASCII.GetBytes(b), keepsTable: true);
        Assert.Equal(0, common.Length);
    }

    private static byte[] RandomText(Random random, int letters)
    {
        byte[] text = new byte[random.Next(200)];
        for (int i = 0; i < text.Length; i++) text[i] = (byte)random.Next(letters);
        return text;
    }

    private static int[,] Lengths(byte[] a, byte[] b)
    {
        var lengths = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                lengths[i, j] = a[i - 1] == b[j - 1] ? lengths[i - 1, j - 1] + 1 : Math.Max(lengths[i - 1, j], lengths[i, j - 1]);
            }
        }
        return lengths;
    }
}
