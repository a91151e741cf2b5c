using System.Runtime.InteropServices;
using Sigrun.Cli.Output;
using Sigrun.Cli.Platform;

namespace Sigrun.Cli;

/// <summary>
/// The standard streams of the process, as bytes. What is printed waits until it is flushed; errors go out at once. A reader that
/// has gone ends the process, as it ends every tool in a pipe.
/// </summary>
/// <remarks>
/// The C library's functions are used because a file may be shared with other processes, while a FileStream keeps a position of
/// its own; and because the console's stream does not tell that a reader has gone.
/// </remarks>
internal sealed class CliConsole
{
    /// <summary>The exit code of a process that a broken pipe has ended.</summary>
    public const int BrokenPipeExitCode = 128 + 13;

    private const int FlushBytes = 64 * 1024;

    private const int OutputDescriptor = 1;
    private const int ErrorDescriptor = 2;

    private readonly Lazy<Stream> _input = new(static () => new StandardInput());
    private readonly OutputBuffer _errors = new();

    /// <summary>What is printed next.</summary>
    public OutputBuffer Out { get; } = new();

    /// <summary>The standard input, without a buffer.</summary>
    public Stream In => _input.Value;

    /// <summary>Whether the standard input is a terminal.</summary>
    public static bool InputIsTerminal => Libc.IsTerminal(0) != 0;

    /// <summary>Whether the standard output is a terminal, or a test says so.</summary>
    public static bool OutputIsTerminal => Libc.IsTerminal(1) != 0 || Environment.GetEnvironmentVariable("FAKETTY") is not null;

    /// <summary>Prints text.</summary>
    public void Print(string text)
    {
        Out.Append(text);
        if (Out.Length > FlushBytes) Flush();
    }

    /// <summary>Prints a line of text.</summary>
    public void PrintLine(string text) => Print(text + "\n");

    /// <summary>Shows what has been printed.</summary>
    public void Flush()
    {
        if (Out.Length == 0) return;
        bool isWritten = Write(OutputDescriptor, Out);
        Out.Truncate(0);
        if (!isWritten) throw new ExitException(BrokenPipeExitCode);
    }

    /// <summary>Writes a line about something that went wrong.</summary>
    public void Error(string line)
    {
        _errors.Append(line);
        EndError();
    }

    /// <summary>Writes a line about something that went wrong, as bytes.</summary>
    public void Error(ReadOnlySpan<byte> line)
    {
        _errors.Append(line);
        EndError();
    }

    /// <summary>Everything that there is to read.</summary>
    public byte[] ReadAll()
    {
        using var all = new MemoryStream();
        In.CopyTo(all);
        return all.ToArray();
    }

    /// <summary>Whoever listens to complaints may have gone, which is no reason for another one.</summary>
    private void EndError()
    {
        _errors.Append((byte)'\n');
        Write(ErrorDescriptor, _errors);
        _errors.Truncate(0);
    }

    /// <summary>Writes all; false when nobody reads it.</summary>
    private static bool Write(int descriptor, OutputBuffer source)
    {
        for (int written = 0; written < source.Length;)
        {
            nint count = Libc.Write(descriptor, source.Address + written, source.Length - written);
            if (count >= 0) written += (int)count;
            else if (Marshal.GetLastSystemError() != Libc.Interrupted) return false;
        }
        return true;
    }
}
