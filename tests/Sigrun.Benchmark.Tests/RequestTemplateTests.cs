using System.Text;
using System.Text.RegularExpressions;
using Sigrun.Storage;

namespace Sigrun.Benchmark.Tests;

public sealed partial class RequestTemplateTests
{
    [Fact]
    public void Each_rand_int_has_a_number_of_its_own_and_others_share_one()
    {
        RequestTemplate template = Template("__rand_int__ __rand_1st__ __rand_int__ __rand_1st__ __rand_9th__;");
        template.Fill(Keys(1_000_000_000));
        long[] numbers = Numbers(template);
        Assert.Equal(numbers[1], numbers[3]);
        Assert.Equal(4, numbers.Distinct().Count());
    }

    [Fact]
    public void Numbers_have_twelve_digits_and_stay_below_the_keyspace()
    {
        RequestTemplate template = Template("key:__rand_int__;", pipeline: 1000);
        template.Fill(Keys(50));
        Assert.Matches("^(key:[0-9]{12};){1000}$", Encoding.ASCII.GetString(template.Bytes));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), Numbers(template).Distinct().Order());
    }

    [Fact]
    public void Every_filling_draws_again()
    {
        RequestTemplate template = Template("__rand_int__;");
        KeySource keys = Keys(1_000_000_000);
        var seen = new HashSet<long>();
        for (int i = 0; i < 100; i++)
        {
            template.Fill(keys);
            seen.Add(Numbers(template)[0]);
        }
        Assert.True(seen.Count > 95);
    }

    [Fact]
    public void The_same_seed_draws_the_same()
    {
        RequestTemplate one = Template("__rand_int__ __rand_2nd__;", pipeline: 10);
        RequestTemplate other = one.Copy();
        one.Fill(Keys(1000));
        other.Fill(Keys(1000));
        Assert.Equal(one.Bytes, other.Bytes);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9, 10)]
    [InlineData(99_999_999, 100_000_000)]
    [InlineData(123_456_789, 123_456_790)]
    [InlineData(int.MaxValue - 1, int.MaxValue)]
    public void Sequential_numbers_are_written_digit_by_digit(long number, int keyspace)
    {
        RequestTemplate template = Template("__rand_int__;");
        var counters = new long[RequestTemplate.PlaceholderKinds];
        counters[0] = number;
        template.Fill(Keys(keyspace, counters));
        Assert.Equal($"{number:D12};", Encoding.ASCII.GetString(template.Bytes));
    }

    [Fact]
    public void All_short_numbers_are_written_right()
    {
        const int Count = 20_000;
        RequestTemplate template = Template("__rand_int__;", pipeline: Count);
        template.Fill(Keys(int.MaxValue, new long[RequestTemplate.PlaceholderKinds]));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (long)i), Numbers(template));
    }

    [Fact]
    public void Sequential_numbers_go_on_and_begin_again_at_the_end_of_the_keyspace()
    {
        RequestTemplate template = Template("__rand_int__ __rand_1st__ __rand_int__ __rand_1st__;", pipeline: 2);
        var counters = new long[RequestTemplate.PlaceholderKinds];
        KeySource keys = Keys(5, counters);
        template.Fill(keys);
        Assert.Equal([0, 0, 1, 0, 2, 1, 3, 1], Numbers(template));
        template.Fill(keys);
        Assert.Equal([4, 2, 0, 2, 1, 3, 2, 3], Numbers(template));
        Assert.Equal((8, 4), (counters[0], counters[1]));
    }

    [Fact]
    public void Placeholders_stay_where_none_are_to_be_replaced()
    {
        RequestTemplate template = new("key:__rand_int__;"u8, 1, 2, replacesPlaceholders: false);
        template.Fill(Keys(5));
        Assert.Equal("key:__rand_int__;key:__rand_int__;", Encoding.ASCII.GetString(template.Bytes));
        Assert.Equal(2, template.Replies);
    }

    private static RequestTemplate Template(string command, int pipeline = 1) =>
        new(Encoding.ASCII.GetBytes(command), 1, pipeline, replacesPlaceholders: true);

    private static KeySource Keys(int keyspace, long[]? counters = null) => new(keyspace, new RandomSource(3), counters);

    private static long[] Numbers(RequestTemplate template) =>
        [.. TwelveDigits().Matches(Encoding.ASCII.GetString(template.Bytes)).Select(m => long.Parse(m.Value))];

    [GeneratedRegex("[0-9]{12}")]
    private static partial Regex TwelveDigits();
}
