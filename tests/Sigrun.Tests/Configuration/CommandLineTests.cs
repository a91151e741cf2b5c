using Sigrun.Configuration;

namespace Sigrun.Tests.Configuration;

public class CommandLineTests
{
    [Fact]
    public void WithoutArgumentsThereIsNothingToLoad() => Assert.Equal(new CommandLine(null, false, null), CommandLine.Parse([]));

    [Theory]
    [InlineData(new[] { "--port", "6380" }, "port \"6380\" ")]
    [InlineData(new[] { "--port 6380" }, "port 6380 ")]
    [InlineData(new[] { "--port", "6379", "6380" }, "port \"6379\" \"6380\" ")]
    [InlineData(new[] { "--port", "--loglevel", "verbose" }, "port \"--loglevel\" \"verbose\" ")]
    [InlineData(new[] { "--port", "--bla", "--loglevel", "verbose" }, "port \"--bla\" \nloglevel \"verbose\" ")]
    [InlineData(new[] { "--proc-title-template --my--title", "--loglevel verbose" }, "proc-title-template --my--title \nloglevel verbose ")]
    [InlineData(new[] { "--save", "--loglevel", "verbose" }, "save \"\"\nloglevel \"verbose\" ")]
    [InlineData(new[] { "--loglevel", "verbose", "--save" }, "loglevel \"verbose\" \nsave \"\"")]
    [InlineData(new[] { "--save", "", "--loglevel", "verbose" }, "save \"\" \nloglevel \"verbose\" ")]
    [InlineData(new[] { "--proc-title-template", "--save", "--save", "" }, "proc-title-template \"--save\" \nsave \"\" ")]
    [InlineData(new[] { "--shutdown-on-sigint", "nosave force", "now" }, "shutdown-on-sigint \"nosave force\" \"now\" ")]
    [InlineData(new[] { "--sentinel", "--port", "1" }, "sentinel \nport \"1\" ")]
    [InlineData(new[] { "--requirepass", "a\"b\\\n\u00e9" }, "requirepass \"a\\\"b\\\\\\n\\xc3\\xa9\" ")]
    [InlineData(new[] { "-x" }, "\"-x\" ")]
    public void OptionsBecomeLines(string[] args, string expected) => Assert.Equal(expected, CommandLine.Parse(args).Options);

    [Theory]
    [InlineData(new[] { "a.conf" }, "a.conf", false, "")]
    [InlineData(new[] { "-" }, null, true, "")]
    [InlineData(new[] { "-", "--port", "1" }, null, true, "port \"1\" ")]
    [InlineData(new[] { "a.conf", "--port", "1", "-" }, "a.conf", true, "port \"1\" ")]
    [InlineData(new[] { "a.conf", "loglevel", "verbose", "--port 1" }, "a.conf", false, "\"loglevel\" \"verbose\" \nport 1 ")]
    [InlineData(new[] { "a.conf", "--requirepass", "-", "--port", "1" }, "a.conf", false, "requirepass \"-\" \nport \"1\" ")]
    public void FindsTheFileAndStandardInput(string[] args, string? file, bool standardInput, string options) =>
        Assert.Equal(new CommandLine(file, standardInput, options), CommandLine.Parse(args));
}
