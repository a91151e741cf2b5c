using Sigrun.Storage;

namespace Sigrun.Benchmark.Tests;

/// <summary>A histogram says what a sorted list of the same values says, to its precision.</summary>
public sealed class HistogramTests
{
    private const long Highest = 3_000_000;
    private const int Values = 5000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Percentiles_are_exact_to_the_precision(int digits)
    {
        (Histogram histogram, long[] sorted) = Random(digits, seed: 7);
        foreach (double percent in (double[])[0, 1, 25, 50, 75, 90, 95, 99, 99.9, 100])
        {
            int index = Math.Max(0, (int)((percent / 100 * Values) + 0.5) - 1);
            AssertClose(sorted[index], histogram.Percentile(percent), digits);
        }
        AssertClose(sorted[0], histogram.Min, digits);
        AssertClose(sorted[^1], histogram.Max, digits);
        Assert.Equal(sorted.Average(), histogram.Mean, 6);
        Assert.Equal(Values, histogram.Total);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Distributions_count_the_values_that_they_name(int digits)
    {
        (Histogram histogram, long[] sorted) = Random(digits, seed: 11);
        DistributionStep[] byPercentile = [.. histogram.ByPercentile()];
        DistributionStep[] byValue = [.. histogram.ByValue(100, 2000)];
        foreach (DistributionStep step in byPercentile.Concat(byValue))
            Assert.Equal(sorted.Count(v => v <= step.Value), step.Count);
        Assert.Equal([0, 50, 75, 87.5], byPercentile.Take(4).Select(s => s.Percent));
        Assert.Equal((100, Values), (byPercentile[^1].Percent, byPercentile[^1].Count));
        Assert.Equal((100, Values), (byValue[^1].Percent, byValue[^1].Count));
        Assert.All(byPercentile.SkipLast(2).Zip(byPercentile.Skip(1)), pair => Assert.True(pair.First.Count < pair.Second.Count));
        Assert.All(byValue.Zip(byValue.Skip(1)), pair => Assert.True(pair.First.Count < pair.Second.Count));
    }

    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new Histogram(Highest, 3);
        for (int value = 0; value < 2000; value++) histogram.Record(value, 1);
        Assert.Equal([0, 999, 1799, 1999], new[] { 0, 50, 90, 100 }.Select(p => histogram.Percentile(p)));
        Assert.Equal([100, 200, 300], histogram.ByValue(100, 2000).Take(3).Select(s => s.Value));
        Assert.Equal([101, 201, 301], histogram.ByValue(100, 2000).Take(3).Select(s => s.Count));
    }

    [Fact]
    public void A_value_above_the_highest_counts_as_that()
    {
        var histogram = new Histogram(Highest, 3);
        histogram.Record(50 * Highest, 2);
        histogram.Record(-1, 1);
        Assert.Equal(0, histogram.Min);
        AssertClose(Highest, histogram.Max, 3);
        Assert.Equal(2.0 / 3 * Highest, histogram.Mean, 3);
    }

    [Fact]
    public void A_histogram_without_values_says_nothing_but_zero()
    {
        var histogram = new Histogram(Highest, 3);
        Assert.Equal((0, 0, 0, 0.0), (histogram.Min, histogram.Max, histogram.Percentile(50), histogram.Mean));
        Assert.Empty(histogram.ByValue(100, 2000));
        Assert.Equal([new DistributionStep(100, 0, 0)], histogram.ByPercentile());
    }

    [Fact]
    public void Histograms_of_threads_add_up()
    {
        (Histogram first, long[] one) = Random(3, seed: 1);
        (Histogram second, long[] other) = Random(3, seed: 2);
        var both = new Histogram(Highest, 3);
        foreach (long value in one.Concat(other)) both.Record(value, 1);
        first.Add(second);
        Assert.Equal(both.ByPercentile(), first.ByPercentile());
        Assert.Equal(both.Mean, first.Mean);
    }

    /// <summary>Values of all sizes, as latencies are.</summary>
    private static (Histogram Histogram, long[] Sorted) Random(int digits, ulong seed)
    {
        var random = new RandomSource(seed);
        var histogram = new Histogram(Highest, digits);
        var values = new long[Values];
        for (int i = 0; i < Values; i++)
        {
            values[i] = (long)Math.Pow(10, 0.3 + (6 * random.NextDouble()));
            histogram.Record(values[i], 1);
        }
        Array.Sort(values);
        return (histogram, values);
    }

    private static void AssertClose(long expected, long actual, int digits) =>
        Assert.InRange(actual, expected * (1 - Math.Pow(10, -digits)), Math.Max(expected, expected * (1 + Math.Pow(10, -digits))));
}
