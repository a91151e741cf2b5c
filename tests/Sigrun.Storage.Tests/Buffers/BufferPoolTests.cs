using Sigrun.Storage.Buffers;

namespace Sigrun.Storage.Tests.Buffers;

public sealed class BufferPoolTests
{
    /// <summary>A pool that is full gives segments to the depot, which are no longer its own to dispose of.</summary>
    [Fact]
    public void What_was_given_away_is_not_trimmed()
    {
        const int Returned = 257;
        var depot = new SegmentDepot();
        using BufferPool pool = new(depot);
        OutputSegment[] segments = [.. Enumerable.Range(0, Returned).Select(_ => pool.RentSegment())];
        foreach (OutputSegment segment in segments[1..]) pool.Return(segment);
        pool.Trim();
        pool.Return(segments[0]);
        pool.Trim();
        pool.Trim();
        Assert.Equal(Returned - SegmentDepot.BatchSize, pool.Disposed);
        depot.Trim();
        depot.Trim();
    }
}
