using System.Text;
using Sigrun.Client;

namespace Sigrun.Benchmark.Tests;

public sealed class CommandSequenceTests
{
    [Theory]
    [InlineData("ping", 1, "*1\r\n$4\r\nping\r\n")]
    [InlineData("incr a ; 2 incr b", 3, "*2\r\n$4\r\nincr\r\n$1\r\na\r\n*2\r\n$4\r\nincr\r\n$1\r\nb\r\n*2\r\n$4\r\nincr\r\n$1\r\nb\r\n")]
    [InlineData("2 ping ;", 2, "*1\r\n$4\r\nping\r\n*1\r\n$4\r\nping\r\n")]
    [InlineData("; ping", 1, "*1\r\n$4\r\nping\r\n")]
    public void Commands_are_laid_out(string line, int count, string request)
    {
        CommandSequence sequence = Read(line, dataSize: 3);
        Assert.Equal((count, request), (sequence.Count, Encoding.ASCII.GetString(sequence.Request)));
    }

    [Fact]
    public void Data_takes_the_place_of_its_name()
    {
        string request = Encoding.ASCII.GetString(Read("set k <__data__|__data__>", dataSize: 5).Request);
        Assert.Matches(@"^\*3\r\n\$3\r\nset\r\n\$1\r\nk\r\n\$13\r\n<[0-o]{5}\|[0-o]{5}>\r\n$", request);
    }

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("; ;")]
    public void No_command_is_refused(string line) => Assert.Throws<OptionException>(() => Read(line, dataSize: 3));

    private static CommandSequence Read(string line, int dataSize) =>
        CommandSequence.Read(Array.ConvertAll(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), Encoding.ASCII.GetBytes), new RandomText(), dataSize);
}
