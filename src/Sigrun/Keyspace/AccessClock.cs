using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>
/// The 24 bits that every entry keeps about its use: the second of the last access, or, under a
/// least-frequently-used policy, the minute and a logarithmic counter.
/// </summary>
/// <remarks>
/// LRU: seconds modulo 2^24. LFU: 16 bits of minutes, 8 bits of counter. The counter rises with a chance
/// of 1 / ((counter − 5) · lfu-log-factor + 1) per access and falls by one every lfu-decay-time minutes;
/// new keys start at 5, so that they are not the first to go.
/// </remarks>
internal sealed class AccessClock
{
    private const uint Mask = (1 << 24) - 1;
    private const uint InitialFrequency = 5;

    private bool _isPlain = true;
    private uint _seconds;
    private uint _minutes;
    private RandomSource _random;

    /// <summary>Creates a clock whose chance comes from <paramref name="seed"/>.</summary>
    public AccessClock(ulong seed) => _random = new RandomSource(seed);

    /// <summary>True when the entries keep frequencies instead of times.</summary>
    public bool IsLfu
    {
        get;
        set
        {
            field = value;
            _isPlain = !value && !IsHeld;
        }
    }

    /// <summary>True while a command runs that shall not count as use of keys.</summary>
    public bool IsHeld
    {
        get;
        set
        {
            field = value;
            _isPlain = !value && !IsLfu;
        }
    }

    /// <summary>How much harder each further step of the counter is.</summary>
    public int LogFactor { get; set; } = 10;

    /// <summary>Minutes after which the counter falls by one; 0 never.</summary>
    public int DecayMinutes { get; set; } = 1;

    /// <summary>The bits of an entry that was just created.</summary>
    public uint Initial => IsLfu ? _minutes << 8 | InitialFrequency : _seconds;

    /// <summary>The second that the clock shows, since 1970.</summary>
    public long UnixSeconds { get; private set; }

    /// <summary>Advances the clock.</summary>
    public void Update(long unixMs)
    {
        UnixSeconds = unixMs / 1000;
        _seconds = (uint)UnixSeconds & Mask;
        _minutes = (uint)(unixMs / 60000) & 0xFFFF;
    }

    /// <summary>The bits of an entry after one more access.</summary>
    public uint Touch(uint bits) => _isPlain ? _seconds : IsHeld ? bits : TouchFrequency(bits);

    /// <summary>Seconds since the last access, by the LRU bits.</summary>
    public uint IdleSeconds(uint bits) => (_seconds - bits) & Mask;

    /// <summary>The bits of an entry that was last used that many seconds ago.</summary>
    public uint FromIdleSeconds(long seconds) => (_seconds - (uint)seconds) & Mask;

    /// <summary>The bits of an entry with that frequency.</summary>
    public uint FromFrequency(byte frequency) => _minutes << 8 | frequency;

    /// <summary>The counter, decayed to now.</summary>
    public byte Frequency(uint bits)
    {
        uint elapsed = (_minutes - (bits >> 8)) & 0xFFFF;
        uint periods = DecayMinutes > 0 ? elapsed / (uint)DecayMinutes : 0;
        uint counter = bits & 0xFF;
        return (byte)(periods > counter ? 0 : counter - periods);
    }

    private uint TouchFrequency(uint bits)
    {
        uint counter = Frequency(bits);
        if (counter < byte.MaxValue)
        {
            double steps = counter > InitialFrequency ? counter - InitialFrequency : 0;
            if (_random.NextDouble() < 1.0 / (steps * LogFactor + 1)) counter++;
        }
        return _minutes << 8 | counter;
    }
}
