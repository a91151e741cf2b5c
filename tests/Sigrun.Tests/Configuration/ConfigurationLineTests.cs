using System.Text;
using Sigrun.Configuration;

namespace Sigrun.Tests.Configuration;

public class ConfigurationLineTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData(" \t\r\n\v\f ", new string[0])]
    [InlineData("port 6379", new[] { "port", "6379" })]
    [InlineData("  save\t900  1 ", new[] { "save", "900", "1" })]
    [InlineData("logfile ''", new[] { "logfile", "" })]
    [InlineData("logfile \"\"", new[] { "logfile", "" })]
    [InlineData("a \"b c\" 'd e'", new[] { "a", "b c", "d e" })]
    [InlineData("\"\\n\\r\\t\\b\\a\\\\\\\"\\q\"", new[] { "\n\r\t\b\a\\\"q" })]
    [InlineData("\"\\x41\\xfF\\x4\\xzz\"", new[] { "Aÿx4xzz" })]
    [InlineData("'it\\'s \\n'", new[] { "it's \\n" })]
    [InlineData("\\x41", new[] { "\\x41" })]
    [InlineData("a\"b c\"d 'e'f", new[] { "ab cd", "ef" })]
    [InlineData("a\vb\fc", new[] { "a\vb\fc" })]
    [InlineData("a\0b c", new[] { "a" })]
    public void SplitsByTheQuotingRules(string line, string[] expected) => Assert.Equal(expected, ConfigurationLine.Split(line));

    [Theory]
    [InlineData("\"abc")]
    [InlineData("'abc")]
    [InlineData("a \"b\\\"")]
    [InlineData("a 'b\\'")]
    [InlineData("a \"b\0\"")]
    [InlineData("a \"b\\\"\0")]
    public void RefusesAQuoteThatIsNotClosed(string line) => Assert.Null(ConfigurationLine.Split(line));

    [Fact]
    public void QuotingIsUndoneBySplitting()
    {
        StringBuilder everything = new();
        for (int i = 1; i < 256; i++)
            everything.Append((char)i);
        StringBuilder quoted = new();
        ConfigurationLine.AppendQuoted(quoted, everything.ToString());
        Assert.Equal([everything.ToString()], ConfigurationLine.Split(quoted.ToString())!);
        Assert.All(quoted.ToString(), c => Assert.InRange(c, ' ', '~'));
    }
}
