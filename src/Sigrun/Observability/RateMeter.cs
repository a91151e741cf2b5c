namespace Sigrun.Observability;

/// <summary>The rate at which a counter rose lately: the mean of the last sixteen samples.</summary>
internal sealed class RateMeter
{
    private const int SampleCount = 16;

    private readonly double[] _samples = new double[SampleCount];
    private int _next;
    private long _lastValue;
    private long _lastOther;

    /// <summary>Units per second, or per unit of what the counter rises with.</summary>
    public double PerSecond
    {
        get
        {
            double sum = 0;
            foreach (double sample in _samples) sum += sample;
            return sum / SampleCount;
        }
    }

    /// <summary>Forgets all samples.</summary>
    public void Reset() => Array.Clear(_samples);

    /// <summary>Takes a sample of the counter.</summary>
    public void Sample(long value, long nowNs) => Sample(value, nowNs, 1e9);

    /// <summary>Takes a sample of a counter that rises with another one than time.</summary>
    /// <param name="value">The counter.</param>
    /// <param name="other">What it rises with.</param>
    /// <param name="unit">How much of that the rate is for.</param>
    public void Sample(long value, long other, double unit)
    {
        if (_lastOther > 0 && other > _lastOther)
        {
            // A counter that was reset has no rate.
            _samples[_next++ % SampleCount] = Math.Max(0, value - _lastValue) * unit / (other - _lastOther);
        }
        _lastValue = value;
        _lastOther = other;
    }
}
