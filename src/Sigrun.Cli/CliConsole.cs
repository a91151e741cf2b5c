using Microsoft.Win32.SafeHandles;
using Sigrun.Cli.Output;
using Sigrun.Cli.Platform;

namespace Sigrun.Cli;

/// <summary>
/// The standard streams of the process, as bytes. What is printed waits until it is flushed; errors go out at once. A reader that
/// has gone ends the process, as it ends every tool in a pipe.
/// </summary>
internal sealed class CliConsole : IDisposable
{
    /// <summary>The exit code of a process that a broken pipe has ended.</summary>
    public const int BrokenPipeExitCode = 128 + 13;

    private const int FlushBytes = 64 * 1024;

    private readonly FileStream _output = Open(1, FileAccess.Write);
    private readonly FileStream _error = Open(2, FileAccess.Write);
    private readonly Lazy<FileStream> _input = new(static () => Open(0, FileAccess.Read));
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
        try
        {
            _output.Write(Out.Bytes);
        }
        catch (IOException)
        {
            throw new ExitException(BrokenPipeExitCode);
        }
        finally
        {
            Out.Truncate(0);
        }
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        if (_input.IsValueCreated) _input.Value.Dispose();
    }

    private void EndError()
    {
        _errors.Append((byte)'\n');
        try
        {
            _error.Write(_errors.Bytes);
        }
        catch (IOException)
        {
            // Nobody listens to complaints, which is no reason for another one.
        }
        _errors.Truncate(0);
    }

    private static FileStream Open(int descriptor, FileAccess access) =>
        new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0, isAsync: false);
}
