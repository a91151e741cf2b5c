using System.Text;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Persistence.Checks;
using Sigrun.Storage.Files;

namespace Sigrun.CheckAof;

/// <summary>What came of checking a file.</summary>
internal enum AofFileState
{
    /// <summary>Nothing is wrong.</summary>
    Valid,

    /// <summary>There is nothing in it.</summary>
    Empty,

    /// <summary>Its damaged end is cut off now.</summary>
    Cut,

    /// <summary>What is newer than the timestamp is cut off now.</summary>
    CutAtTimestamp,
}

/// <summary>Checks one file of commands, and cuts off its damaged end where that is wanted.</summary>
internal sealed class AofFileCheck(TextWriter output, TextReader input, string name, string path)
{
    /// <summary>The longest line that is a number.</summary>
    private const int NumberLineMax = 127;

    private long _position;
    private long _line;
    private int _depth;
    private string _error = "";
    private bool _isCut;

    /// <summary>Whether a damaged end may be cut off, after a question.</summary>
    public bool Fixes { get; init; }

    /// <summary>Seconds since 1970 beyond which everything is cut off; 0 for no such wish.</summary>
    public long ToTimestamp { get; init; }

    /// <summary>Whether it is the last file, the only one that may be cut.</summary>
    public bool IsLast { get; init; }

    /// <summary>The number of the first line; lines are counted through all files.</summary>
    public long FirstLine { get; init; } = 1;

    /// <summary>The number of the line behind the last sound one.</summary>
    public long NextLine => _line;

    /// <summary>Whether a snapshot precedes the commands.</summary>
    public bool BeginsWithSnapshot { get; init; }

    /// <summary>Opens a file for reading; ends the check when that is impossible.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="end">The end of what is said then.</param>
    public static FileStream Open(string path, string end = "")
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (IOException fault)
        {
            throw new CheckFailedException($"Cannot open file {path}: {(fault is FileNotFoundException or DirectoryNotFoundException ? "No such file or directory" : fault.Message)}{end}\n");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CheckFailedException($"Cannot open file {path}: Permission denied{end}\n");
        }
    }

    /// <summary>Whether a file begins as snapshots do.</summary>
    public static bool IsSnapshot(string path)
    {
        Span<byte> start = stackalloc byte[8];
        using Stream stream = Open(path);
        if (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length) return false;
        return start.StartsWith("REDIS"u8) || start.StartsWith("VALKEY"u8);
    }

    /// <summary>Checks the file.</summary>
    public AofFileState Run()
    {
        _line = FirstLine;
        using FileStream stream = Open(path, ", aborting...");
        if (stream.Length == 0) return AofFileState.Empty;
        long start = BeginsWithSnapshot ? CheckSnapshot() : 0;
        stream.Seek(start, SeekOrigin.Begin);
        long size = stream.Length;
        using var reader = new AofReader(stream, start);
        long validTo = ReadAll(reader);
        if (_isCut) return AofFileState.CutAtTimestamp;
        if (reader.Position == size && _depth != 0 && _error.Length == 0) Fail("Reached EOF before reading EXEC for MULTI");
        if (_error.Length > 0) output.Write(_error + "\n");
        if (size == validTo && ToTimestamp != 0)
        {
            output.Write($"Truncate nothing in AOF {name} to timestamp {ToTimestamp}\n");
            return AofFileState.Valid;
        }
        output.Write($"AOF analyzed: filename={name}, size={size}, ok_up_to={validTo}, ok_up_to_line={_line}, diff={size - validTo}\n");
        if (size == validTo) return AofFileState.Valid;
        Cut(size, validTo);
        return AofFileState.Cut;
    }

    /// <summary>Checks the snapshot at the beginning; returns where it ends.</summary>
    private long CheckSnapshot()
    {
        using var check = new RdbCheck(new SystemClock().UnixMicroseconds / 1000, output, hasStatistics: false);
        if (check.Run(new SystemFiles(), Path.GetFullPath(path), path) != 0)
            throw new CheckFailedException("RDB preamble of AOF file is not sane, aborting.\n");
        output.Write("RDB preamble is OK, proceeding with AOF tail...\n");
        return check.Length;
    }

    private long ReadAll(AofReader reader)
    {
        for (; ; )
        {
            long validTo = reader.Position;
            do
            {
                long start = reader.Position;
                if (!reader.TryReadLine(out ReadOnlySpan<byte> line)) return validTo;
                if (line[0] == '#')
                {
                    _position = start;
                    if (!ReadAnnotation(line)) return validTo;
                }
                else if (line[0] == '*')
                {
                    _position = start;
                    if (!TryReadCommand(reader, line)) return validTo;
                }
                else
                {
                    output.Write($"AOF {name} format error\n");
                    return validTo;
                }
            }
            while (_depth != 0);
        }
    }

    /// <summary>Looks at a timestamp; false when the file was cut there.</summary>
    private bool ReadAnnotation(ReadOnlySpan<byte> line)
    {
        if (ToTimestamp == 0 || !line.StartsWith("#TS:"u8)) return true;
        long timestamp = DecimalText.Read(line[4..], out int digits, out bool isTooLarge);
        if (isTooLarge || line[(4 + digits)..] is not [(byte)'\r', ..])
            throw new CheckFailedException("Invalid timestamp annotation\n");
        if (timestamp <= ToTimestamp) return true;
        if (_position == 0) throw new CheckFailedException($"AOF {path} has nothing before timestamp {ToTimestamp}, aborting...\n");
        if (!IsLast)
        {
            throw new CheckFailedException($"Failed to truncate AOF {path} to timestamp {ToTimestamp} to offset {_position} because it is not the last file.\n"
                + "If you insist, please delete all files after this file according to the manifest "
                + "file and delete the corresponding records in manifest file manually. Then re-run sigrun-check-aof.\n");
        }
        if (!TryTruncate(_position)) throw new CheckFailedException($"Failed to truncate AOF {path} to timestamp {ToTimestamp}\n");
        _isCut = true;
        return false;
    }

    private bool TryReadCommand(AofReader reader, ReadOnlySpan<byte> header)
    {
        if (!TryReadNumber(header, '*', out long count)) return false;
        for (long i = 0; i < count; i++)
        {
            if (!TryReadArgument(reader, out string word)) return false;
            if (i == 0 && !TryFollow(word)) return false;
        }
        return true;
    }

    /// <summary>Follows transactions.</summary>
    private bool TryFollow(string word)
    {
        if (word.Equals("multi", StringComparison.OrdinalIgnoreCase)) return _depth++ == 0 || Fail($"Unexpected MULTI in AOF {path}");
        if (word.Equals("exec", StringComparison.OrdinalIgnoreCase)) return --_depth == 0 || Fail($"Unexpected EXEC in AOF {path}");
        return true;
    }

    private bool TryReadArgument(AofReader reader, out string word)
    {
        word = "";
        _position = reader.Position;
        if (!reader.TryReadLine(out ReadOnlySpan<byte> header) || !TryReadNumber(header, '$', out long length)) return false;
        if (length is < 0 or > long.MaxValue - 2) return Fail($"Expected to read string of {length} bytes, which is not in the suitable range");
        _position = reader.Position;
        long left = reader.Length - reader.Position;
        if (left < length + 2) return Fail($"Expected to read {length + 2} bytes, got {left} bytes");
        Span<byte> chunk = stackalloc byte[4096];
        for (long rest = length; rest > 0;)
        {
            Span<byte> part = chunk[..(int)Math.Min(rest, chunk.Length)];
            reader.TryRead(part);
            if (length <= 8) word = Encoding.Latin1.GetString(part);
            rest -= part.Length;
        }
        Span<byte> end = chunk[..2];
        return reader.TryRead(end) && TryEndLine(end);
    }

    private bool TryReadNumber(ReadOnlySpan<byte> line, char prefix, out long number)
    {
        number = 0;
        if (line[0] != prefix) return Fail($"Expected prefix '{prefix}', got: '{(char)line[0]}'");
        line = line[..Math.Min(line.Length, NumberLineMax)];
        number = DecimalText.Read(line[1..], out int digits, out _);
        return TryEndLine(line[(1 + digits)..]);
    }

    private bool TryEndLine(ReadOnlySpan<byte> end)
    {
        // As signed numbers, which the reference server's tool takes them for.
        int first = end.Length > 0 ? (sbyte)end[0] : 0;
        int second = end.Length > 1 ? (sbyte)end[1] : 0;
        if (first != '\r' || second != '\n') return Fail($"Expected \\r\\n, got: {first:x2}{second:x2}");
        _line++;
        return true;
    }

    private bool Fail(string reason)
    {
        _error = $"0x{_position.ToString("x", System.Globalization.CultureInfo.InvariantCulture),16}: {reason}";
        return false;
    }

    private void Cut(long size, long length)
    {
        if (!Fixes) throw new CheckFailedException($"AOF {name} is not valid. Use the --fix option to try fixing it.\n");
        if (!IsLast) throw new CheckFailedException($"Failed to truncate AOF {name} because it is not the last file\n");
        output.Write($"This will shrink the AOF {name} from {size} bytes, with {size - length} bytes, to {length} bytes\n");
        output.Write("Continue? [y/N]: ");
        output.Flush();
        if (input.ReadLine() is not ['y' or 'Y', ..]) throw new CheckFailedException("Aborting...\n");
        if (!TryTruncate(length)) throw new CheckFailedException($"Failed to truncate AOF {name}\n");
    }

    private bool TryTruncate(long length)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(length);
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
