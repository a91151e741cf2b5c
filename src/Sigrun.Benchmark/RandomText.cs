namespace Sigrun.Benchmark;

/// <summary>Values to store: printable, hard to compress, and the same in every run.</summary>
internal sealed class RandomText
{
    private const uint First = 1234;

    // The generator that the C standard gives as an example; values are those that Valkey's tool stores.
    private const uint Multiplier = 1103515245;
    private const uint Increment = 12345;

    private uint _state = First;

    /// <summary>The next value of a length.</summary>
    public byte[] Next(int length)
    {
        var text = new byte[length];
        foreach (ref byte b in text.AsSpan())
        {
            _state = (_state * Multiplier) + Increment;
            b = (byte)('0' + ((_state >> 16) & 63));
        }
        return text;
    }
}
