namespace Sigrun.Cli.Interactive;

/// <summary>Lines from a pipe, a file or a terminal that knows nothing.</summary>
internal sealed class StreamLineReader(CliConsole console, bool showPrompt) : ILineReader
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <inheritdoc/>
    public bool HasBufferedInput => _start < _end;

    /// <inheritdoc/>
    public byte[]? ReadLine(string prompt)
    {
        if (showPrompt)
        {
            console.Print(prompt);
            console.Flush();
        }
        int searched = 0;
        while (true)
        {
            int lineFeed = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (lineFeed >= 0) return Take(searched + lineFeed, 1);
            searched = _end - _start;
            if (!Fill()) return searched == 0 ? null : Take(searched, 0);
        }
    }

    private byte[] Take(int length, int skip)
    {
        byte[] line = _buffer.AsSpan(_start, length).ToArray();
        _start += length + skip;
        return line;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
        int count = console.In.Read(_buffer, _end, _buffer.Length - _end);
        _end += count;
        return count > 0;
    }
}
