using System.Text;
using Sigrun.Keyspace;

namespace Sigrun.Tests.Keyspace;

public class GlobPatternTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a", "", false)]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "abd", false)]
    [InlineData("abc", "abcd", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("?", "é", false)] // two bytes in UTF-8
    [InlineData("*", "anything", true)]
    [InlineData("a*", "a", true)]
    [InlineData("a**", "a", true)]
    [InlineData("*a", "ba", true)]
    [InlineData("*a*", "xay", true)]
    [InlineData("*ab*cd", "abxabycdcd", true)]
    [InlineData("*ab*cd", "abxabycde", false)]
    [InlineData("h[ae]llo", "hello", true)]
    [InlineData("h[ae]llo", "hillo", false)]
    [InlineData("h[^e]llo", "hallo", true)]
    [InlineData("h[^e]llo", "hello", false)]
    [InlineData("h[a-c]llo", "hbllo", true)]
    [InlineData("h[c-a]llo", "hbllo", true)]
    [InlineData("h[a-c]llo", "hdllo", false)]
    [InlineData("*[0-9]", "key7", true)]
    public void Matches_as_documented(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Matches(pattern, text));

    [Theory]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("a\\", "a\\", true)] // a lone backslash at the end stands for itself
    [InlineData("\\a", "a", true)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("[a\\-z]", "-", true)]
    [InlineData("[a\\-z]", "b", false)]
    [InlineData("[\\", "\\", true)]
    [InlineData("a\\*b", "a*b", true)]
    public void Escapes_take_away_the_meaning(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Matches(pattern, text));

    [Theory]
    [InlineData("*", "", false)] // nothing but the empty pattern matches the empty text
    [InlineData("[", "[", false)]
    [InlineData("[]", "a", false)]
    [InlineData("[]a", "a", false)]
    [InlineData("[^]", "a", true)]
    [InlineData("[^", "a", true)]
    [InlineData("[abc", "b", true)] // not closed: ends with the pattern
    [InlineData("[abc", "bx", false)]
    [InlineData("[a-", "-", true)]
    [InlineData("[a-]", "b", false)] // a range up to ']', and the class is not closed
    [InlineData("[a-]", "^", true)]
    public void Corners_of_classes(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Matches(pattern, text));

    [Theory]
    [InlineData("ABC", "abc", true)]
    [InlineData("a[B-D]e", "ACE", true)]
    [InlineData("[abc]", "B", true)]
    [InlineData("[\\B]", "b", false)] // escaped in a class: exact even so
    [InlineData("\\B", "b", true)]
    [InlineData("*GET*", "config|get", true)]
    public void Case_can_be_ignored(string pattern, string text, bool expected)
    {
        Assert.Equal(expected, GlobPattern.Matches(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text), ignoreCase: true));
    }

    [Fact]
    public void Case_matters_unless_told_otherwise()
    {
        Assert.False(Matches("ABC", "abc"));
        Assert.False(Matches("[A-C]", "b"));
    }

    [Fact]
    public void Range_bounds_are_signed_bytes()
    {
        // 0xC3 is negative and so lies below 'a'.
        Assert.True(GlobPattern.Matches([(byte)'[', 0x80, (byte)'-', (byte)'a', (byte)']'], [0xC3]));
        Assert.False(GlobPattern.Matches([(byte)'[', (byte)'a', (byte)'-', (byte)'z', (byte)']'], [0xC3]));
    }

    [Fact]
    public void A_thousand_stars_are_the_limit()
    {
        string text = new('a', 2000);
        Assert.True(Matches(string.Concat(Enumerable.Repeat("*a", 1000)), text));
        Assert.False(Matches(string.Concat(Enumerable.Repeat("*a", 1001)), text));
        Assert.True(Matches(string.Concat(Enumerable.Repeat("*a", 1000)) + "*", text));
    }

    [Fact]
    public void Abusive_patterns_end_soon()
    {
        // Every star could take any length; trying all combinations would outlast the universe.
        string pattern = string.Concat(Enumerable.Repeat("a*", 50)) + "b";
        Assert.False(Matches(pattern, new string('a', 5000)));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] pattern = "user:*:[a-z]?\\*"u8.ToArray();
        byte[] text = "user:1000:ab*"u8.ToArray();
        bool matches = GlobPattern.Matches(pattern, text);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) matches &= GlobPattern.Matches(pattern, text);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(matches);
    }

    private static bool Matches(string pattern, string text) =>
        GlobPattern.Matches(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text));
}
