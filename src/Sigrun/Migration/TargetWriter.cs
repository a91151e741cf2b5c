using Sigrun.Storage;

namespace Sigrun.Migration;

/// <summary>Writes requests to another server, collecting small pieces and passing large ones on as they are.</summary>
internal sealed class TargetWriter
{
    private const int BufferBytes = 64 << 10;

    private byte[] _buffer = [];
    private int _length;
    private TargetConnection? _target;

    /// <summary>How sending went so far; after a failure nothing more is sent.</summary>
    public TargetResult Result { get; private set; }

    /// <summary>Starts to write to a server.</summary>
    public void Begin(TargetConnection target)
    {
        if (_buffer.Length == 0) _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        _target = target;
        _length = 0;
        Result = TargetResult.Done;
    }

    /// <summary>Starts a request of so many arguments.</summary>
    public void Request(int arguments) => Header((byte)'*', arguments);

    /// <summary>Adds an argument to the request.</summary>
    public void Argument(ReadOnlySpan<byte> bytes)
    {
        Header((byte)'$', bytes.Length);
        if (bytes.Length > BufferBytes)
        {
            Flush();
            if (Result == TargetResult.Done) Result = _target!.Send(bytes);
        }
        else
        {
            bytes.CopyTo(Room(bytes.Length));
            _length += bytes.Length;
        }
        EndLine();
    }

    /// <summary>Adds a number to the request.</summary>
    public void Argument(long number)
    {
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        Argument(text[..NumberText.FormatInt64(text, number)]);
    }

    /// <summary>Sends what was collected.</summary>
    public void Flush()
    {
        if (Result == TargetResult.Done) Result = _target!.Send(_buffer.AsSpan(0, _length));
        _length = 0;
    }

    private void Header(byte kind, int count)
    {
        Span<byte> room = Room(1 + NumberText.Int64Max);
        room[0] = kind;
        _length += 1 + NumberText.FormatInt64(room[1..], count);
        EndLine();
    }

    private void EndLine()
    {
        "\r\n"u8.CopyTo(Room(2));
        _length += 2;
    }

    private Span<byte> Room(int bytes)
    {
        if (BufferBytes - _length < bytes) Flush();
        return _buffer.AsSpan(_length);
    }
}
