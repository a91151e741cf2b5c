namespace Sigrun.Benchmark;

/// <summary>Holds requests back to a number per second, for all threads together.</summary>
/// <remarks>
/// It is known when the next request is due; each pushes that time on. Who comes within a millisecond of it may go, since
/// nobody can wait for less. What was not used is made up for, up to a second's requests.
/// </remarks>
internal sealed class TokenBucket(int requestsPerSecond)
{
    private const long Second = 1_000_000_000;
    private const long Millisecond = 1_000_000;

    private readonly long _interval = Second / requestsPerSecond;
    private long _dueNs;

    /// <summary>Takes the requests, or tells how many microseconds to wait before asking again.</summary>
    public long Acquire(int requests, long nowUs)
    {
        long now = nowUs * 1000;
        while (true)
        {
            long seen = Volatile.Read(ref _dueNs);
            long due = seen == 0 ? now : Math.Max(seen, now - Second);
            long next = due + (_interval * requests);
            if (next > now + Millisecond)
            {
                // The first request starts the count, also where it has to wait.
                if (seen == 0 && Interlocked.CompareExchange(ref _dueNs, now, 0) != 0) continue;
                return Math.Max(1, (next - Millisecond - now) / 1000);
            }
            if (Interlocked.CompareExchange(ref _dueNs, next, seen) == seen) return 0;
        }
    }
}
