using Sigrun.Storage;
using Sigrun.Storage.Structures;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>Writes commands as requests of the protocol into a buffer that a sink takes piece by piece.</summary>
/// <remarks>One writer serves one thread. Its memory is that of its buffer, however long a string is.</remarks>
internal sealed class CommandWriter(IDataSink sink)
{
    /// <summary>Elements that one command adds to a collection: more would hold up whoever loads it.</summary>
    public const int ElementsMax = 64;

    private const int BufferBytes = 256 << 10;
    private const int LineMax = 1 + NumberText.Int64Max + 2;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _length;

    /// <summary>Starts a command with so many arguments, its name included.</summary>
    public CommandWriter Begin(long arguments)
    {
        WriteLine((byte)'*', arguments);
        return this;
    }

    /// <summary>Adds an argument.</summary>
    public CommandWriter Add(ReadOnlySpan<byte> argument)
    {
        WriteLine((byte)'$', argument.Length);
        WriteRaw(argument);
        WriteRaw("\r\n"u8);
        return this;
    }

    /// <summary>Adds a number as an argument.</summary>
    public CommandWriter Add(long number)
    {
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        return Add(text[..NumberText.FormatInt64(text, number)]);
    }

    /// <summary>Adds an element as an argument.</summary>
    public CommandWriter Add(ListpackElement element) => element.IsNumber ? Add(element.Number) : Add(element.Bytes);

    /// <summary>Writes bytes that are no argument.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        if (BufferBytes - _length < bytes.Length) Drain();
        if (bytes.Length > BufferBytes)
        {
            sink.Take(bytes);
            return;
        }
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Hands all that was written to the sink.</summary>
    public void Drain()
    {
        if (_length > 0) sink.Take(_buffer.AsSpan(0, _length));
        _length = 0;
    }

    private void WriteLine(byte prefix, long number)
    {
        if (BufferBytes - _length < LineMax) Drain();
        Span<byte> line = _buffer.AsSpan(_length);
        line[0] = prefix;
        int end = 1 + NumberText.FormatInt64(line[1..], number);
        line[end] = (byte)'\r';
        line[end + 1] = (byte)'\n';
        _length += end + 2;
    }
}

/// <summary>Divides the elements of a collection among commands.</summary>
/// <param name="writer">Gets the commands.</param>
/// <param name="command">The name of the commands.</param>
/// <param name="key">The key of the collection.</param>
/// <param name="count">The number of elements.</param>
/// <param name="width">The arguments that an element takes.</param>
internal ref struct ElementCommands(CommandWriter writer, ReadOnlySpan<byte> command, ReadOnlySpan<byte> key, long count, int width)
{
    private readonly ReadOnlySpan<byte> _command = command;
    private readonly ReadOnlySpan<byte> _key = key;
    private long _left = count;
    private int _leftInCommand;

    /// <summary>To be called before each element: starts the next command where one is full.</summary>
    public void Next()
    {
        if (_leftInCommand == 0)
        {
            _leftInCommand = (int)Math.Min(_left, CommandWriter.ElementsMax);
            writer.Begin(2 + (long)_leftInCommand * width).Add(_command).Add(_key);
        }
        _leftInCommand--;
        _left--;
    }
}
