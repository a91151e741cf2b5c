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

    [Fact]
    public unsafe void The_pages_of_a_large_request_serve_the_next_one()
    {
        using BufferPool pool = new();
        InputBuffer first = pool.RentInput();
        pool.EnsureSpace(first, 1 << 20);
        var block = (nint)first.Data;
        pool.Return(first);
        InputBuffer second = pool.RentInput();
        second.Append("abc"u8);
        pool.EnsureSpace(second, 1_000_000);
        Assert.Equal(block, (nint)second.Data);
        Assert.Equal("abc"u8, second.Peek(3));
        pool.Return(second);
        pool.Trim();
        pool.Trim();
        Assert.False(pool.HasPooled);
    }
}
