namespace Sigrun.Benchmark.Tests;

public sealed class TokenBucketTests
{
    private const long Second = 1_000_000;

    [Theory]
    [InlineData(10, 1)]
    [InlineData(1000, 1)]
    [InlineData(1000, 16)]
    [InlineData(100_000, 32)]
    public void No_more_leave_than_the_limit_and_hardly_fewer(int limit, int pipeline)
    {
        var bucket = new TokenBucket(limit);
        long now = 5 * Second;
        long end = now + (10 * Second);
        long sent = 0;
        while (now < end)
        {
            long wait = bucket.Acquire(pipeline, now);
            if (wait == 0) sent += pipeline;
            now += wait;
        }
        Assert.InRange(sent, (10L * limit) - (2 * pipeline), (10L * limit) + (limit / 1000) + pipeline);
    }

    /// <summary>A server that stood still is not asked for all of it afterwards.</summary>
    [Fact]
    public void A_pause_is_made_up_for_by_a_second_at_most()
    {
        var bucket = new TokenBucket(1000);
        Assert.Equal(0, bucket.Acquire(1, Second));
        int sent = 0;
        while (bucket.Acquire(1, 60 * Second) == 0) sent++;
        Assert.InRange(sent, 1000, 1001);
    }
}
