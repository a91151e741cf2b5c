using System.Text;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Benchmark.Tests;

public sealed class ReplyCounterTests
{
    [Theory]
    [InlineData("+OK\r\n", 1)]
    [InlineData(":1000\r\n", 1)]
    [InlineData("$-1\r\n", 1)]
    [InlineData("$0\r\n\r\n", 1)]
    [InlineData("$3\r\n\r\n\r\r\n", 1)]
    [InlineData("*-1\r\n", 1)]
    [InlineData("*0\r\n", 1)]
    [InlineData("*2\r\n*2\r\n:1\r\n*0\r\n$1\r\na\r\n+OK\r\n", 2)]
    [InlineData("%2\r\n+a\r\n:1\r\n+b\r\n~2\r\n#t\r\n_\r\n,1.5\r\n(12345678901234567890\r\n=5\r\ntxt:a\r\n", 4)]
    [InlineData(">2\r\n+invalidate\r\n*1\r\n$1\r\na\r\n+OK\r\n", 1)]
    [InlineData("|1\r\n+ttl\r\n:3\r\n$1\r\na\r\n+OK\r\n", 2)]
    [InlineData("!5\r\nERR x\r\n", 1)]
    public void Replies_are_counted(string text, int count)
    {
        var counter = new ReplyCounter();
        Assert.Equal(count, counter.Count(Encoding.ASCII.GetBytes(text)));
        Assert.Null(counter.Error);
        Assert.Null(counter.Unexpected);
    }

    /// <summary>Wherever the bytes are cut, each reply counts as soon as it is complete and not before.</summary>
    [Fact]
    public void Replies_may_be_cut_anywhere()
    {
        var random = new RandomSource(5);
        for (int round = 0; round < 200; round++)
        {
            var text = new StringBuilder();
            var ends = new List<int>();
            for (int i = 0; i < 4; i++)
            {
                Append(text, ref random, depth: 0);
                ends.Add(text.Length);
                if (random.NextInt(3) == 0) text.Append(">2\r\n$1\r\nx\r\n*1\r\n:1\r\n");
            }
            byte[] bytes = Encoding.ASCII.GetBytes(text.ToString());
            for (int cut = 0; cut <= bytes.Length; cut++)
            {
                var counter = new ReplyCounter();
                int before = counter.Count(bytes.AsSpan(0, cut));
                Assert.Equal(ends.Count(end => end <= cut), before);
                Assert.Equal(ends.Count, before + counter.Count(bytes.AsSpan(cut)));
                Assert.Null(counter.Unexpected);
            }
            AssertByteByByte(bytes, ends);
        }
    }

    [Theory]
    [InlineData("+OK\r\n-ERR one\r\n-ERR two\r\n", "ERR one", 3)]
    [InlineData("-NOAUTH \u00e9\r\n", "NOAUTH \u00e9", 1)]
    [InlineData("*2\r\n-ERR within\r\n:1\r\n", null, 1)]
    public void The_first_error_is_noticed_unless_it_is_part_of_a_reply(string text, string? error, int count)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var counter = new ReplyCounter();
            Assert.Equal(count, counter.Count(bytes.AsSpan(0, cut)) + counter.Count(bytes.AsSpan(cut)));
            if (error?.Contains('\u00e9') != true) Assert.Equal(error, counter.Error);
        }
        var whole = new ReplyCounter();
        whole.Count(bytes);
        Assert.Equal(error, whole.Error);
    }

    [Fact]
    public void What_is_no_reply_ends_the_counting()
    {
        var counter = new ReplyCounter();
        Assert.Equal(1, counter.Count("+OK\r\nHTTP/1.1 400\r\n+OK\r\n"u8));
        Assert.Equal((byte)'H', counter.Unexpected);
        Assert.Equal(0, counter.Count("+OK\r\n"u8));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        byte[] bytes = Encoding.ASCII.GetBytes("*2\r\n$3\r\nabc\r\n%1\r\n+a\r\n:1\r\n+OK\r\n>1\r\n+x\r\n");
        var counter = new ReplyCounter();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = 0;
        for (int i = 0; i < 1000; i++) count += counter.Count(bytes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2000, count);
    }

    private static void AssertByteByByte(byte[] bytes, List<int> ends)
    {
        var counter = new ReplyCounter();
        for (int i = 0; i < bytes.Length; i++)
            Assert.Equal(ends.Contains(i + 1) ? 1 : 0, counter.Count(bytes.AsSpan(i, 1)));
    }

    private static void Append(StringBuilder text, ref RandomSource random, int depth)
    {
        switch (random.NextInt(depth < 3 ? 9 : 6))
        {
            case 0: text.Append("+OK\r\n"); break;
            case 1: text.Append($":{random.NextInt(100_000) - 50_000}\r\n"); break;
            case 2: text.Append("$-1\r\n"); break;
            case 3: text.Append("_\r\n"); break;
            case 4: text.Append(",1.5\r\n"); break;
            case 5:
                int length = random.NextInt(20);
                text.Append($"${length}\r\n{new string("\r\n$*x"[random.NextInt(5)], length)}\r\n");
                break;
            case 6: AppendElements(text, ref random, '*', 1, depth); break;
            case 7: AppendElements(text, ref random, '%', 2, depth); break;
            default: AppendElements(text, ref random, '~', 1, depth); break;
        }
    }

    private static void AppendElements(StringBuilder text, ref RandomSource random, char kind, int each, int depth)
    {
        int count = random.NextInt(4);
        text.Append($"{kind}{count}\r\n");
        for (int i = 0; i < count * each; i++) Append(text, ref random, depth + 1);
    }
}
