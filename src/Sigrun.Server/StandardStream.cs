using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Observability;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>Standard output or standard error.</summary>
/// <remarks>
/// Written with the system call: the console class costs some ten milliseconds at start, and a file stream keeps a
/// position of its own, which destroys what others write to the same file.
/// </remarks>
internal sealed class StandardStream : ILogOutput
{
    private const int ChunkBytes = 4096;

    private readonly int _descriptor;
    private readonly PinnedBytes _chunk = new(ChunkBytes);

    private StandardStream(int descriptor)
    {
        _descriptor = descriptor;
    }

    /// <summary>Whether it is a terminal.</summary>
    public bool IsTerminal => Libc.IsTerminal(_descriptor) == 1;

    /// <summary>Standard output.</summary>
    public static StandardStream Output() => new(1);

    /// <summary>Standard error.</summary>
    public static StandardStream Error() => new(2);

    /// <summary>Writes text.</summary>
    public void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        while (lines.Length > 0)
        {
            int length = Math.Min(lines.Length, ChunkBytes);
            lines[..length].CopyTo(_chunk.Span);
            nint written = Libc.Write(_descriptor, _chunk.Address, length);
            if (written < 0 && Marshal.GetLastSystemError() == Libc.Interrupted) continue;
            if (written <= 0) return;
            lines = lines[(int)written..];
        }
    }
}
