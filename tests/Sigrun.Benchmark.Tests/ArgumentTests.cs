using System.Text;

namespace Sigrun.Benchmark.Tests;

public sealed class ArgumentTests
{
    [Theory]
    [InlineData("-p", "-p")]
    [InlineData("--nosuch", "--nosuch")]
    [InlineData("-n 10 -c", "-c")]
    [InlineData("-r -t set", "-t")]
    [InlineData("--cacert", "--cacert")]
    public void What_is_no_option_is_named_before_the_help(string arguments, string named)
    {
        Tool tool = Tool.Run(arguments);
        Assert.Equal(1, tool.Exit);
        Assert.StartsWith($"Invalid option \"{named}\" or option argument missing\n\nUsage: ", tool.Output);
        Assert.Equal("", tool.Errors);
    }

    [Theory]
    [InlineData("-n 5 --duration 1", "Options -n and --duration are mutually exclusive.\n")]
    [InlineData("--duration 1 -n 5", "Options -n and --duration are mutually exclusive.\n")]
    [InlineData("-p 65536", "Invalid server port.\n")]
    [InlineData("-u http://localhost", "Invalid URI scheme\n")]
    [InlineData("-s /tmp/x --mptcp", "Options --mptcp is only supported by TCP\n")]
    [InlineData("--cluster", "--cluster: clusters are not supported yet.\n")]
    [InlineData("--rfr yes", "--rfr: clusters are not supported yet.\n")]
    [InlineData("--fuzz", "--fuzz: random commands are not supported.\n")]
    public void What_cannot_be_is_refused(string arguments, string message)
    {
        Tool tool = Tool.Run(arguments);
        Assert.Equal((1, "", message), (tool.Exit, tool.Output, tool.Errors));
    }

    [Fact]
    public void Help_and_version_are_no_errors()
    {
        Tool help = Tool.Run("-n 10 --help");
        Assert.Equal(0, help.Exit);
        Assert.StartsWith("Usage: sigrun-benchmark ", help.Output);
        Tool version = Tool.Run("-v");
        Assert.Equal(0, version.Exit);
        Assert.Matches(@"^sigrun-benchmark \d+\.\d+\.\d+\n$", version.Output);
    }

    [Fact]
    public void Options_end_where_the_command_begins()
    {
        var reader = new ArgumentReader(["-n", "7", "set", "-n", "8"], [.. "-n,7,set,-n,8".Split(',').Select(Encoding.ASCII.GetBytes)], TextWriter.Null);
        reader.Read();
        Assert.Equal(7, reader.Options.Requests);
        Assert.Equal(["set", "-n", "8"], reader.Options.Command.Select(Encoding.ASCII.GetString));
    }
}
