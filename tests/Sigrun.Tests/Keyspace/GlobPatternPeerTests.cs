using System.Text;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Keyspace;

/// <summary>Random patterns, most of them nonsense, against redis-server: every text matches there or not as it does here.</summary>
public sealed class GlobPatternPeerTests
{
    private const int Texts = 300;
    private const int Patterns = 3000;

    private static readonly byte[] TextBytes = [.. "aabbcAZz09*?[]^-\\"u8, 0x00, 0x80, 0xC3, 0xFF];

    private static readonly string[] Pieces =
    [
        "*", "*", "**", "?", "a", "b", "c", "Z", "0", "[", "]", "^", "-", "\\", "[ab]", "[^a]", "[a-c]", "[c-a]", "[\\", "[a-", "[^",
        "\\*", "\\?", "[]", "[^]", "[a\\]b]", "\0", "\x80", "\xC3", "\xFF", "[\x80-z]", "[a-\xFF]", "[0-9A-Z]",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Keys_match_alike(ulong seed)
    {
        var random = new RandomSource(seed);
        using ServerProcess redis = ServerProcess.Start("redis-server", "--save", "");
        using RespClient client = redis.Connect();
        // KEYS * lists all keys without matching them, so there is none that it would not match.
        string[] texts = [.. Enumerable.Range(0, Texts).Select(_ => Text(ref random)).Where(t => t.Length > 0).Distinct()];
        foreach (string text in texts) client.Send("SET", text, "");
        for (int i = 0; i < Patterns; i++)
        {
            string pattern = Pattern(ref random, Pieces);
            string[] expected = [.. client.Send("KEYS", pattern).Items.Select(k => k.Text).Order(StringComparer.Ordinal)];
            string[] actual = [.. texts.Where(t => GlobPattern.Matches(Latin1(pattern), Latin1(t))).Order(StringComparer.Ordinal)];
            Assert.True(expected.SequenceEqual(actual), $"Seed {seed}, pattern {Escaped(pattern)}: {Escaped(Difference(expected, actual))}");
        }
    }

    [Fact]
    public void Names_of_directives_match_alike()
    {
        string[] pieces = [.. Pieces.Where(p => !p.Contains('\0', StringComparison.Ordinal)), "MA", "x", "-", "repl", "[A-M]", "[m-Z]", "*LOG*", "e"];
        var random = new RandomSource(3);
        using ServerProcess redis = ServerProcess.Start("redis-server", "--save", "");
        using RespClient client = redis.Connect();
        string[] names = Names(client.Send("CONFIG", "GET", "*"));
        for (int i = 0; i < Patterns; i++)
        {
            string pattern = Pattern(ref random, pieces);
            // Without a wildcard a directive's name is looked up, not matched.
            if (pattern.IndexOfAny(['*', '?', '[']) < 0) continue;
            string[] expected = Names(client.Send("CONFIG", "GET", pattern));
            string[] actual = [.. names.Where(n => GlobPattern.Matches(Latin1(pattern), Latin1(n), ignoreCase: true))];
            Assert.True(expected.SequenceEqual(actual), $"Pattern {Escaped(pattern)}: {Difference(expected, actual)}");
        }
    }

    private static string Text(ref RandomSource random)
    {
        int length = (int)random.NextBounded(7);
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) text.Append((char)TextBytes[random.NextBounded((ulong)TextBytes.Length)]);
        return text.ToString();
    }

    private static string Pattern(ref RandomSource random, string[] pieces)
    {
        int count = 1 + (int)random.NextBounded(6);
        var pattern = new StringBuilder();
        for (int i = 0; i < count; i++) pattern.Append(pieces[random.NextBounded((ulong)pieces.Length)]);
        return pattern.ToString();
    }

    private static string[] Names(RespValue pairs) =>
        [.. pairs.Items.Chunk(2).Select(pair => pair[0].Text).Order(StringComparer.Ordinal)];

    private static string Difference(string[] expected, string[] actual) =>
        $"only there {string.Join(' ', expected.Except(actual))}, only here {string.Join(' ', actual.Except(expected))}";

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    private static string Escaped(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c.ToString() : $"\\x{(int)c:x2}"));
}
