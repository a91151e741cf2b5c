using System.Globalization;
using System.Text;

namespace Sigrun.Tests.Differential;

/// <summary>Random arguments by kind, from pools small enough that commands meet and odd enough that checks are met too.</summary>
public sealed class ArgumentPool
{
    private const int PayloadsMax = 200;

    private static readonly string[] Keys = [.. Enumerable.Range(0, 24).Select(i => "k" + i), "", "key with blanks", "k\0\r\n\xff", new('K', 300)];

    private static readonly string[] Integers =
    [
        "0", "1", "-1", "2", "3", "5", "7", "8", "10", "15", "16", "31", "32", "63", "64", "100", "-2", "-3", "-5", "-10", "-100",
        "255", "256", "1000", "65536", "2147483647", "2147483648", "-2147483648", "4294967295", "4294967296",
        "9223372036854775807", "-9223372036854775808", "9223372036854775806", "9223372036854775808", "-9223372036854775809",
        "18446744073709551615", "123456789012345678901234567890", "01", "-0", "+1", " 1", "1 ", "1.5", "0x10", "abc", "", "1e3",
    ];

    private static readonly string[] Floats =
    [
        "0", "1", "-1", "0.1", "-0.1", "1.5", "3.14159265358979", "1e3", "1E-7", "5.0e3", "1e308", "-1e308", "1e400", "inf", "-inf",
        "+inf", "nan", "0.5", "100000000000000000", "1.7976931348623157e308", "2.5e-10", "0x10", " 1", "1 ", "1.", ".5", "abc", "",
        "-0.0", "+3", "9223372036854775807", "10.50", "200.000000", "0.00000000000000001", "1e17", "123456789.123456789",
    ];

    /// <summary>Those that are not hexadecimal, which only older servers read.</summary>
    private static readonly string[] Decimals = [.. Floats.Where(f => !f.Contains('x', StringComparison.Ordinal))];
    /// <summary>Scores that servers of all versions print alike: no more digits than needed, none with an exponent.</summary>
    private static readonly string[] Scores =
        ["0", "1", "2", "3", "1.5", "-0.5", "2.25", "1e3", "100000", "-7", "inf", "-inf", "+inf", "2000", "1000", ".5", "5."];

    private static readonly string[] BadScores = ["nan", "abc", "", "1e400", "-1e400", "1e", "1x", "--1", "1 ", "e5"];

    private static readonly string[] OddLexBounds = ["-", "+", "-", "+", "", "x", "+1", "[", "("];

    private static readonly string[] Words =
    [
        "xx", "foo", "", "0", "-1", "nx", "get", "GT", "EX", "keepttl", "a b", "\xff\0\x01", "withvalues", "count", "match",
        "u8", "i64", "async", "REPLACE", "db", "9999999999999999999", "\r\n", "%s%n", new('w', 200), "string",
    ];

    private static readonly string[] ListElements =
        ["a", "b", "c", "1", "2", "-1", "127", "128", "4096", "70000", "01", "", "longer element", new('e', 64), new('f', 200)];

    private static readonly string[] Patterns =
        ["*", "k*", "k?", "k1*", "*2", "[k]1?", "k[^1]*", "k[1-3]", "k\\1", "\\*", "", "nothing", "*k*k*", "[", "k[", "k[1", "?", "key*", "[a-z]2[0-9]", "k[3-1]"];

    private static readonly string[] BitTypes =
        ["u1", "u2", "u4", "u8", "u16", "u31", "u32", "u63", "i1", "i2", "i5", "i8", "i16", "i32", "i63", "i64", "u64", "i65", "u0", "x8", "I8"];

    private static readonly string[] Groups = ["g", "group", "a group with a long name", "a group with a long name too", "", "other"];

    private static readonly string[] OddIds =
        ["-", "+", "0", "0-0", "(1", "(", "(5-1", "1-", "-1", "01-002", "7-*", "1-x", "18446744073709551615", "18446744073709551615-18446744073709551615", "18446744073709551616-1", "1-1-1", "$", ">"];

    /// <summary>Times to live that are refused, or past in every unit, or far away in every unit.</summary>
    private static readonly string[] OddTimes =
    [
        "0", "-1", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "9223372036854775", "9223372036854776",
        "10000000000000000", "abc", "", "1.5", "01", " 1", "1 ", "+1", "-0",
    ];

    private readonly Random _random;
    private long _lastId = 1;
    private readonly List<byte[]> _payloads = [Encoding.Latin1.GetBytes("damaged payload"), []];

    public ArgumentPool(Random random) => _random = random;

    /// <summary>Keeps a payload that a server made, and sometimes a damaged copy of it.</summary>
    public void AddPayload(byte[] payload)
    {
        if (_payloads.Count >= PayloadsMax) _payloads.RemoveAt(2 + _random.Next(_payloads.Count - 2));
        byte[] copy = [.. payload];
        if (_random.Next(10) == 0 && copy.Length > 0) copy[_random.Next(copy.Length)] ^= (byte)(1 << _random.Next(8));
        _payloads.Add(copy);
    }

    /// <summary>An argument of the kind that commands.txt names by this letter.</summary>
    public byte[] Next(char kind) => kind switch
    {
        'k' => Latin1(Pick(Keys)),
        'v' => Value(),
        'n' => Latin1(Pick(Integers)),
        'f' => Latin1(_random.Next(3) == 0 ? Pick(Integers) : Pick(Floats)),
        'o' => Latin1(_random.Next(20) == 0 ? Pick(Integers.Where(i => i.Length is < 5 or > 11).ToArray()) : Number(0, _random.Next(30) == 0 ? 20000 : 40)),
        'u' => Latin1(_random.Next(20) == 0 ? Pick(Integers.Where(i => i.Length is < 5 or > 11).ToArray()) : Number(0, _random.Next(30) == 0 ? 100_000 : 300)),
        't' => Latin1(Number(1000, 100_000)),
        'p' => Latin1(Number(1_000_000, 100_000_000)),
        'T' => Latin1(Number(4_000_000_000, 4_000_000_020)),
        'P' => Latin1(Number(4_000_000_000_000, 4_000_000_000_020)),
        'e' => Latin1(Pick(OddTimes)),
        'd' => Latin1(_random.Next(4) == 0 ? "1" : _random.Next(8) == 0 ? "9" : "0"),
        'g' => Latin1(Pick(Patterns)),
        'l' => Latin1(_random.Next(30) == 0 ? Pick(Keys) : "l" + (char)('a' + _random.Next(5))),
        'm' => _random.Next(12) == 0 ? Value() : Latin1(Pick(ListElements)),
        'i' => Latin1(_random.Next(30) == 0 ? Pick(Words) : Number(-12, 13)),
        'z' => Latin1(_random.Next(30) == 0 ? Pick(Keys) : "z" + (char)('a' + _random.Next(5))),
        'q' => Latin1(_random.Next(40) == 0 ? Pick(BadScores) : _random.Next(2) == 0 ? Pick(Scores) : Number(-20, 20)),
        'r' => [.. Latin1(_random.Next(4) == 0 ? "(" : ""), .. Next('q')],
        'j' => _random.Next(5) == 0 ? Latin1(Pick(OddLexBounds)) : [(byte)"[("[_random.Next(2)], .. Next('m')],
        'S' => Latin1(_random.Next(30) == 0 ? Pick(Keys) : "s" + (char)('a' + _random.Next(3))),
        'N' => Latin1(NewId()),
        'I' => Latin1(EntryId()),
        'W' => Latin1(Pick(Groups)),
        'C' => Latin1("consumer" + _random.Next(4)),
        'b' => Latin1(_random.Next(20) == 0 ? Pick(Integers) : Number(0, 2)),
        'y' => Latin1(Pick(BitTypes)),
        'x' => Latin1((_random.Next(3) == 0 ? "#" : "") + (_random.Next(20) == 0 ? Pick(Integers.Where(i => i.Length is < 4 or > 11).ToArray()) : Number(0, 100))),
        'M' => Member(),
        'G' => Latin1(Degrees(180)),
        'H' => Latin1(Degrees(85)),
        'R' => Latin1(Pick(Decimals)),
        'w' => Latin1(Pick(Words)),
        'D' => _payloads[_random.Next(_payloads.Count)],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind of argument."),
    };

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    private string Pick(string[] from) => from[_random.Next(from.Length)];

    private string Number(long from, long to) => _random.NextInt64(from, to).ToString(CultureInfo.InvariantCulture);

    /// <summary>A member of a collection or a field, from few enough that collections grow, shrink and meet.</summary>
    private byte[] Member() => _random.Next(8) switch
    {
        0 => Value(),
        < 4 => Latin1(Number(0, 40)),
        4 => Latin1(Pick(Integers)),
        _ => Latin1("m" + Number(0, 30)),
    };

    /// <summary>A place near some of the others, or anywhere, or none.</summary>
    private string Degrees(int max) => _random.Next(40) == 0
        ? Pick(Decimals)
        : (_random.Next(3) == 0 ? _random.NextDouble() * 2 * max - max : _random.Next(8) * 5 + _random.NextDouble()).ToString("R", CultureInfo.InvariantCulture);

    private string EntryId() => _random.Next(12) switch
    {
        0 => Pick(OddIds),
        1 or 2 => Number(Math.Max(0, _lastId - 40), _lastId + 2),
        _ => $"{Number(Math.Max(0, _lastId - 40), _lastId + 1)}-{_random.Next(3)}",
    };

    /// <summary>Mostly greater than all before; begins from the start now and then, as streams do.</summary>
    private string NewId()
    {
        if (_random.Next(2000) == 0) _lastId = 1;
        return _random.Next(10) switch
        {
            0 => $"{_lastId}-*",
            1 => EntryId(),
            2 => $"{_lastId}-{_random.Next(5)}",
            _ => $"{++_lastId}-{_random.Next(3)}",
        };
    }

    private byte[] Value()
    {
        switch (_random.Next(10))
        {
            case 0 or 1 or 2:
                return Latin1(Pick(Integers));
            case 3:
                return Latin1(Pick(Floats));
            case 4:
                return Latin1(Number(-100_000, 100_000));
            case 5:
                byte[] bytes = new byte[_random.Next(30)];
                _random.NextBytes(bytes);
                return bytes;
            case 6:
                // Lengths around those where the encoding changes, and a few long ones.
                int[] lengths = [19, 20, 21, 43, 44, 45, 63, 64, 65, 127, 128, 500, 1023, 1024, 5000];
                return Latin1(new string((char)('a' + _random.Next(3)), lengths[_random.Next(lengths.Length)]));
            default:
                return Latin1(string.Concat(Enumerable.Range(0, _random.Next(12)).Select(_ => (char)('a' + _random.Next(4)))));
        }
    }
}
