namespace Sigrun.Observability;

/// <summary>The rate at which a counter rose lately: the mean of the last sixteen samples.</summary>
internal sealed class RateMeter
{
    private const int SampleCount = 16;

    private readonly double[] _samples = new double[SampleCount];
    private int _next;
    private long _lastValue;
    private long _lastNs;

    /// <summary>Units per second.</summary>
    public double PerSecond
    {
        get
        {
            double sum = 0;
            foreach (double sample in _samples) sum += sample;
            return sum / SampleCount;
        }
    }

    /// <summary>Takes a sample of the counter.</summary>
    public void Sample(long value, long nowNs)
    {
        if (_lastNs > 0 && nowNs > _lastNs)
        {
            // A counter that was reset has no rate.
            _samples[_next++ % SampleCount] = Math.Max(0, value - _lastValue) * 1e9 / (nowNs - _lastNs);
        }
        _lastValue = value;
        _lastNs = nowNs;
    }
}
