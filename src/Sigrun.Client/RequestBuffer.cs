using System.Buffers;
using System.Buffers.Text;

namespace Sigrun.Client;

/// <summary>Lays commands out as servers read them.</summary>
public sealed class RequestBuffer
{
    private const int HeaderBytesMax = 24;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What has been laid out.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Adds a command.</summary>
    public void Append(params ReadOnlySpan<byte[]> arguments)
    {
        AppendHeader('*', arguments.Length);
        foreach (byte[] argument in arguments)
        {
            AppendHeader('$', argument.Length);
            _bytes.Write(argument);
            _bytes.Write("\r\n"u8);
        }
    }

    /// <summary>Forgets everything, but not the memory.</summary>
    public void Clear() => _bytes.ResetWrittenCount();

    private void AppendHeader(char kind, int count)
    {
        Span<byte> target = _bytes.GetSpan(HeaderBytesMax);
        target[0] = (byte)kind;
        Utf8Formatter.TryFormat(count, target[1..], out int digits);
        "\r\n"u8.CopyTo(target[(digits + 1)..]);
        _bytes.Advance(digits + 3);
    }
}
