using Sigrun.Network;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Network;

/// <summary>The queue between an I/O thread and the engine.</summary>
public sealed class SpscQueueTests
{
    [Fact]
    public void It_takes_more_than_it_was_made_for()
    {
        var queue = new SpscQueue<int>(2);
        Assert.True(queue.IsEmpty);
        for (int i = 0; i < 1000; i++) queue.Push(i);
        for (int i = 0; i < 1000; i++)
        {
            Assert.False(queue.IsEmpty);
            Assert.True(queue.TryPop(out int item));
            Assert.Equal(i, item);
        }
        Assert.True(queue.IsEmpty);
        Assert.False(queue.TryPop(out _));
    }

    [Fact]
    public void Two_threads_see_every_item_once_and_in_order()
    {
        const int Count = 300_000;
        var queue = new SpscQueue<int>(1);
        var producer = new BackgroundThread(() =>
        {
            for (int i = 0; i < Count; i++) queue.Push(i);
        });
        for (int i = 0; i < Count; i++)
        {
            int item;
            while (!queue.TryPop(out item)) Thread.Yield();
            Assert.Equal(i, item);
        }
        producer.Join();
        Assert.True(queue.IsEmpty);
    }
}
