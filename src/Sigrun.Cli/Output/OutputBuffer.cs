using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Protocol;

namespace Sigrun.Cli.Output;

/// <summary>Bytes that are put together before they are shown; they do not move, so that the C library can write them.</summary>
internal sealed class OutputBuffer
{
    private const int NumberBytesMax = 20;
    private const int InitialBytes = 1024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(InitialBytes, pinned: true);

    /// <summary>Bytes that there are.</summary>
    public int Length { get; private set; }

    /// <summary>What has been put together.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Where they are.</summary>
    public nint Address => Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Extend(bytes.Length));

    /// <summary>Adds a byte.</summary>
    public void Append(byte value) => Extend(1)[0] = value;

    /// <summary>Adds text.</summary>
    public void Append(string text) => Encoding.UTF8.GetBytes(text, Extend(Encoding.UTF8.GetByteCount(text)));

    /// <summary>Adds a number.</summary>
    public void Append(long value)
    {
        Utf8Formatter.TryFormat(value, Extend(NumberBytesMax), out int written);
        Length -= NumberBytesMax - written;
    }

    /// <summary>Adds a byte so many times.</summary>
    public void AppendRepeated(byte value, int count) => Extend(count).Fill(value);

    /// <summary>Adds bytes in quotes, with escapes for what is no printable character of ASCII.</summary>
    public void AppendQuoted(ReadOnlySpan<byte> bytes) => QuotedText.Write(Extend((int)QuotedText.Length(bytes)), bytes);

    /// <summary>Takes back what is behind a length.</summary>
    public void Truncate(int length) => Length = length;

    private Span<byte> Extend(int count)
    {
        int needed = checked(Length + count);
        if (needed > _bytes.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Max(2L * _bytes.Length, needed), Array.MaxLength), pinned: true);
            Bytes.CopyTo(larger);
            _bytes = larger;
        }
        Span<byte> room = _bytes.AsSpan(Length, count);
        Length = needed;
        return room;
    }
}
