using System.Text;

namespace Sigrun.Observability;

/// <summary>Bytes of log lines that wait to be written.</summary>
/// <remarks>
/// Not a writer of the class library: those are generic, so the runtime would have to compile them at start, on the
/// way to the first line.
/// </remarks>
internal sealed class LogBuffer
{
    private byte[] _bytes = new byte[1024];

    /// <summary>How many bytes wait.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => new(_bytes, 0, Length);

    /// <summary>Forgets the bytes.</summary>
    public void Clear() => Length = 0;

    /// <summary>Adds an ASCII character.</summary>
    public void Ascii(char c)
    {
        Reserve(1);
        _bytes[Length++] = (byte)c;
    }

    /// <summary>Adds text as UTF-8.</summary>
    public void Text(string text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        Length += Encoding.UTF8.GetBytes(text, 0, text.Length, _bytes, Length);
    }

    /// <summary>Adds a number that is not negative, with zeros in front up to a width.</summary>
    public void Number(long value, int width)
    {
        int digits = 1;
        for (long rest = value / 10; rest > 0; rest /= 10) digits++;
        digits = Math.Max(digits, width);
        Reserve(digits);
        for (int i = digits - 1; i >= 0; i--)
        {
            _bytes[Length + i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        Length += digits;
    }

    private void Reserve(int more)
    {
        if (Length + more <= _bytes.Length) return;
        byte[] larger = new byte[Math.Max(_bytes.Length * 2, Length + more)];
        Buffer.BlockCopy(_bytes, 0, larger, 0, Length);
        _bytes = larger;
    }
}
