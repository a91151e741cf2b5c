using System.Globalization;
using System.Text;

namespace Sigrun.Storage.Tests.Structures;

/// <summary>Elements for listpacks: numbers around every width of their encoding, bytes around every length of theirs.</summary>
internal static class ListTexts
{
    private static readonly long[] Borders =
    [
        0, 127, 128, -1, 4095, 4096, -4096, -4097, short.MaxValue, short.MaxValue + 1, short.MinValue, short.MinValue - 1,
        (1 << 23) - 1, 1 << 23, -(1 << 23), -(1 << 23) - 1, int.MaxValue, int.MaxValue + 1L, int.MinValue, int.MinValue - 1L,
        long.MaxValue, long.MinValue,
    ];

    private static readonly int[] Lengths = [0, 1, 2, 5, 20, 62, 63, 64, 65, 125, 126, 127, 128, 300, 4094, 4095, 4096, 4097];

    private static readonly string[] NoNumbers = ["00", "-0", "+1", " 1", "1 ", "9223372036854775808", "-9223372036854775809", "-", "1e3", ""];

    /// <summary>All borders as text.</summary>
    public static IEnumerable<byte[]> All()
    {
        foreach (long number in Borders) yield return Text(number);
        foreach (string text in NoNumbers) yield return Encoding.ASCII.GetBytes(text);
        foreach (int length in Lengths) yield return Repeat('x', length);
    }

    /// <summary>An element of few that are met again, or of many.</summary>
    public static byte[] Next(ref RandomSource random)
    {
        switch (random.NextInt(10))
        {
            case 0 or 1:
                return Text(Borders[random.NextInt(Borders.Length)]);
            case 2:
                return Text((long)random.Next() >> random.NextInt(64));
            case 3:
                return Encoding.ASCII.GetBytes(NoNumbers[random.NextInt(NoNumbers.Length)]);
            case 4:
                return Repeat((char)('a' + random.NextInt(3)), Lengths[random.NextInt(random.NextInt(8) == 0 ? Lengths.Length : 9)]);
            case 5:
                return Seeded.Bytes(ref random, random.NextInt(90));
            default:
                return Repeat((char)('a' + random.NextInt(4)), random.NextInt(5));
        }
    }

    private static byte[] Text(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private static byte[] Repeat(char letter, int length) => Encoding.ASCII.GetBytes(new string(letter, length));
}
