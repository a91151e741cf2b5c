using Sigrun.Client;

namespace Sigrun.Benchmark;

/// <summary>One test from its first connection to its last reply: what its threads share.</summary>
internal sealed class LoadRun : IDisposable
{
    /// <summary>Latencies above three seconds count as that.</summary>
    private const long LatencyMaxUs = 3_000_000;

    private const long Second = 1_000_000;

    /// <summary>Connections made at once: a server's queue of those it has not accepted yet is short.</summary>
    private const int ConnectionsAtOnce = 128;

    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(10);

    private readonly BenchmarkOptions _options;
    private readonly LoadWorker[] _workers;
    private readonly CountdownEvent _workersLeft;
    private long _issued;
    private string? _failure;

    /// <summary>Prepares a run.</summary>
    /// <param name="options">What the user wants.</param>
    /// <param name="target">Where it is sent to.</param>
    /// <param name="template">What is sent.</param>
    /// <param name="keys">Where the numbers in it come from; called once for each thread.</param>
    public LoadRun(BenchmarkOptions options, LoadTarget target, RequestTemplate template, Func<KeySource> keys)
    {
        _options = options;
        Template = template;
        Target = target;
        if (options.RequestsPerSecond > 0) Limit = new TokenBucket(options.RequestsPerSecond);
        _workers = new LoadWorker[Math.Max(1, options.Threads)];
        for (int i = 0; i < _workers.Length; i++) _workers[i] = new LoadWorker(this, keys());
        _workersLeft = new CountdownEvent(_workers.Length);
    }

    /// <summary>What is sent.</summary>
    public RequestTemplate Template { get; }

    /// <summary>Where it is sent to.</summary>
    public LoadTarget Target { get; }

    /// <summary>Holds requests back; null where they are not.</summary>
    public TokenBucket? Limit { get; }

    /// <summary>Commands, or sequences of them, that are sent at once.</summary>
    public int Pipeline => _options.Pipeline;

    /// <summary>False to make a new connection for every pipeline.</summary>
    public bool KeepsAlive => _options.KeepsAlive;

    /// <summary>True for connections that do nothing.</summary>
    public bool IsIdle => _options.IsIdle;

    /// <summary>When the run has started.</summary>
    public long StartUs { get; private set; }

    /// <summary>From when on requests count.</summary>
    public long MeasuredFromUs { get; private set; }

    /// <summary>Open connections.</summary>
    public int ConnectionCount => _workers.Sum(w => w.ConnectionCount);

    /// <summary>How long the requests that count took, up to the last reply.</summary>
    public long ElapsedUs => Math.Max(1, _workers.Max(w => w.LastReplyUs) - MeasuredFromUs);

    /// <summary>An empty histogram of latencies.</summary>
    public Histogram NewHistogram() => new(LatencyMaxUs, _options.Precision);

    /// <summary>Connects and begins.</summary>
    public void Start()
    {
        for (int i = 0; i < _options.Clients && _failure is null; i++)
        {
            if (i > 0 && i % ConnectionsAtOnce == 0) ToolClock.Sleep(ConnectPause);
            _workers[i % _workers.Length].AddClient();
        }
        StartUs = ToolClock.Microseconds;
        MeasuredFromUs = StartUs + (Math.Max(0, _options.WarmupSeconds) * Second);
        foreach (LoadWorker worker in _workers) worker.Start();
        if (_failure is not null) Stop();
    }

    /// <summary>Waits for the end, not longer than said. True when it has come.</summary>
    /// <exception cref="BenchmarkException">The run has failed.</exception>
    public bool Wait(TimeSpan time)
    {
        bool isOver = _workersLeft.Wait(time);
        // Where nothing comes any more, nobody notices that the time is over.
        if (!isOver && _options.DurationSeconds > 0 && ToolClock.Microseconds > EndUs + Second) Stop();
        return _failure is { } failure ? throw new BenchmarkException(failure) : isOver;
    }

    /// <summary>Sums of all threads: before any requests counted, or since then.</summary>
    public (long Count, long LatencyUs) Totals(bool isWarmup)
    {
        long count = 0;
        long latencyUs = 0;
        foreach (LoadWorker worker in _workers)
        {
            RequestTotals totals = isWarmup ? worker.WarmedUp : worker.Measured;
            count += totals.Count;
            latencyUs += totals.LatencyUs;
        }
        return (count, latencyUs);
    }

    /// <summary>Latencies of all threads, once the run is over.</summary>
    public Histogram Latencies()
    {
        Histogram sum = NewHistogram();
        foreach (LoadWorker worker in _workers) sum.Add(worker.Latencies);
        return sum;
    }

    /// <summary>A client is about to send its requests again. False when there are enough; from any thread.</summary>
    /// <param name="nowUs">The time.</param>
    /// <param name="measured">How many of them count.</param>
    public bool TryClaim(long nowUs, out int measured)
    {
        int count = Template.Replies;
        measured = 0;
        if (nowUs < MeasuredFromUs) return true;
        if (_options.DurationSeconds > 0)
        {
            measured = count;
            return nowUs < EndUs;
        }
        long before = Interlocked.Add(ref _issued, count) - count;
        measured = (int)Math.Clamp(_options.Requests - before, 0, count);
        return measured > 0;
    }

    /// <summary>The run cannot go on; from any thread.</summary>
    public void Fail(string message)
    {
        Interlocked.CompareExchange(ref _failure, message, null);
        Stop();
    }

    /// <summary>A thread has nothing left to do.</summary>
    public void OnWorkerDone() => _workersLeft.Signal();

    /// <summary>Ends the threads and closes the connections.</summary>
    public void Dispose()
    {
        Stop();
        foreach (LoadWorker worker in _workers) worker.Dispose();
        _workersLeft.Dispose();
    }

    private long EndUs => MeasuredFromUs + (_options.DurationSeconds * Second);

    private void Stop()
    {
        foreach (LoadWorker worker in _workers) worker.Stop();
    }
}
