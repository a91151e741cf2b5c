using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Strings;

/// <summary>
/// Random string and bit commands, sensible and absurd ones, sent to this server and to redis-server: every
/// reply must be the same. This server runs over a heap that moves every entry on every write.
/// </summary>
public sealed class StringDifferentialTests
{
    private const int Batch = 200;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Replies_are_those_of_redis(int seed)
    {
        using ServerProcess redis = ServerProcess.Start("redis-server", "--save", "");
        using var server = new TestServer(checking: true);
        using RespClient expected = redis.Connect();
        using RespClient actual = server.Connect();
        var commands = new StringCommandGenerator(seed);
        for (int round = 0; round < 40; round++)
        {
            string[][] batch = [.. Enumerable.Range(0, Batch).Select(_ => commands.Next())];
            byte[] requests = [.. batch.SelectMany(c => RespClient.Request(c))];
            expected.WriteRaw(requests);
            actual.WriteRaw(requests);
            for (int i = 0; i < Batch; i++)
            {
                string command = $"seed {seed}: {string.Join(' ', batch[i])} -> ";
                Assert.Equal(command + expected.Read(), command + actual.Read());
            }
        }
    }
}

/// <summary>
/// Makes random commands over a few keys. Times of expiry are past, far away or wrong, so that no reply depends
/// on when it was asked for; arguments on which Redis 7.0 and Valkey differ are left out.
/// </summary>
internal sealed class StringCommandGenerator(int seed)
{
    private readonly Random _random = new(seed);

    public string[] Next() => _random.Next(26) switch
    {
        0 => ["SET", Key(), Value()],
        1 => ["SET", Key(), Value(), .. Options("NX", "XX", "GET", "KEEPTTL", "EX", "PX", "EXAT", "PXAT", "PERSIST", "bogus")],
        2 => OneOf(["SETNX", Key(), Value()], ["GETSET", Key(), Value()]),
        3 => OneOf(["SETEX", Key(), Time(), Value()], ["PSETEX", Key(), Time(), Value()]),
        4 => OneOf(["GET", Key()], ["STRLEN", Key()], ["GETDEL", Key()]),
        5 => ["GETEX", Key(), .. ExpiryOptions()],
        6 => ["MGET", .. Some(1, 40, Key)],
        7 => ["MSET", .. Some(1, 4, () => Key()).SelectMany(k => (string[])[k, Value()]), .. Some(0, _random.Next(4) == 0 ? 1 : 0, Key)],
        8 => ["MSETNX", .. Some(1, 3, () => Key()).SelectMany(k => (string[])[k, Value()])],
        9 => ["APPEND", Key(), Value()],
        10 => ["SETRANGE", Key(), Pick(Position(), "-1", "x", "99999999999"), Value()],
        11 => [Pick("GETRANGE", "SUBSTR"), Key(), Position(), Position()],
        12 => OneOf(["INCR", Key()], ["DECR", Key()]),
        13 => [Pick("INCRBY", "DECRBY"), Key(), Integer()],
        14 or 15 => ["INCRBYFLOAT", Key(), Float()],
        16 => ["LCS", Key(), Key(), .. Some(0, 2, () => Pick("LEN", "IDX", "WITHMATCHLEN", "x")), .. _random.Next(2) == 0 ? [] : (string[])["MINMATCHLEN", Integer()]],
        17 => ["SETBIT", Key(), Offset(), Pick("0", "1", "1", "2", "x")],
        18 => ["GETBIT", Key(), Offset()],
        19 => OneOf(["BITCOUNT", Key()], ["BITCOUNT", Key(), Place(), Place()], ["BITCOUNT", Key(), Place(), Place(), Pick("BIT", "byte")]),
        20 => OneOf(["BITPOS", Key(), Pick("0", "1")], ["BITPOS", Key(), Pick("0", "1"), Place()], ["BITPOS", Key(), Pick("0", "1"), Place(), Place(), Pick("BIT", "BYTE")]),
        21 => OneOf(["BITOP", Pick("AND", "or", "XOR", "x"), Key(), .. Some(1, 20, Key)], ["BITOP", "NOT", Key(), .. Some(1, 2, Key)]),
        22 or 23 => [Pick("BITFIELD", "BITFIELD", "BITFIELD_RO"), Key(), .. Some(0, 4, Operation).SelectMany(o => o)],
        24 => ["PERSIST", Key()],
        _ => ["DEL", Key()],
    };

    private string Pick(params string[] values) => values[_random.Next(values.Length)];

    private string[] OneOf(params string[][] commands) => commands[_random.Next(commands.Length)];

    private T[] Some<T>(int least, int most, Func<T> make) => [.. Enumerable.Range(0, _random.Next(least, most + 1)).Select(_ => make())];

    private string Key() => Pick("a", "b", "c", "d", "e", new string('k', 300));

    private string Position() => Pick(Integer(), _random.Next(-60, 60).ToString(), _random.Next(-400, 400).ToString());

    /// <summary>Redis finds out that a position is no integer only when the key exists.</summary>
    private string Place() => Pick("0", "-1", "9223372036854775807", "-9223372036854775808", _random.Next(-60, 60).ToString(), _random.Next(-400, 400).ToString());

    private string Integer() => Pick(
        "0", "1", "-1", "2", _random.Next(-300, 300).ToString(), _random.NextInt64(long.MinValue, long.MaxValue).ToString(),
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "01", "+1", " 1", "1 ", "", "-", "abc");

    private string Time() => Pick("100000", "1000000", "99999999999", "0", "-1", "x", "9223372036854775807", "9223372036854775", "9223372036854776");

    private string Float() => Pick(
        Integer(), "3.0", "1.1", "-0.1", "1e5", "1e-7", ".5", "5.", "0x1.8p3", "inf", "-inf", "nan", "1e4932", "5e-324", " 1.5", "1.5 ", "1e",
        (_random.NextDouble() * 1000).ToString("F3"), (_random.NextDouble() * 1e9).ToString("F12"));

    private string Offset() => Pick(_random.Next(100).ToString(), _random.Next(3000).ToString(), "0", "-1", "x", "4294967296", "#3");

    private string Value() => _random.Next(6) switch
    {
        0 => Integer(),
        1 => Float(),
        2 => new string((char)_random.Next(256), _random.Next(200)),
        3 => Text(_random.Next(1500), 256),
        4 => Text(_random.Next(80), 3),
        _ => Text(_random.Next(20), 256),
    };

    private string Text(int length, int letters)
    {
        var text = new StringBuilder(length);
        for (int i = 0; i < length; i++) text.Append((char)_random.Next(letters));
        return text.ToString();
    }

    private string[] Options(params string[] words) =>
        [.. Some(0, 3, () => Pick(words)).SelectMany(w => w is "EX" or "PX" or "EXAT" or "PXAT" && _random.Next(20) != 0 ? (string[])[w, FarTime(w)] : [w])];

    /// <summary>Redis finds out that a time is wrong only when the key exists.</summary>
    private string[] ExpiryOptions() => OneOf(
        [], ["PERSIST"], ["EX", "100000"], ["PX", "9999999999"], ["EXAT", "99999999999"], ["EXAT", "1"], ["PXAT", "99999999999000"],
        ["KEEPTTL"], ["EX"], ["EX", "1", "PERSIST"], ["bogus"]);

    private string FarTime(string word) => word switch
    {
        "EXAT" => Pick("99999999999", "1", "0", "x"),
        "PXAT" => Pick("99999999999000", "1", "-1"),
        _ => Time(),
    };

    private string[] Operation() => _random.Next(8) switch
    {
        0 or 1 => ["GET", FieldType(), FieldOffset()],
        2 or 3 => ["SET", FieldType(), FieldOffset(), Integer()],
        4 or 5 or 6 => ["INCRBY", FieldType(), FieldOffset(), Integer()],
        _ => ["OVERFLOW", Pick("WRAP", "sat", "FAIL", "FAIL", "x")],
    };

    private string FieldType() => Pick("i", "u", "i", "u", "x") + Pick("1", "5", "8", "16", "32", "63", "64", "65", "0", _random.Next(1, 64).ToString());

    private string FieldOffset() => Pick(Offset(), "#" + _random.Next(20), _random.Next(50).ToString());
}
