using System.Buffers;
using System.Runtime.CompilerServices;
using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage.Buffers;

namespace Sigrun.Clients;

/// <summary>Copies of requests that run later: those of a transaction, or the one in which a client blocks.</summary>
/// <remarks>
/// The input that they arrived in goes back to its pool meanwhile, so that a waiting client holds no more than
/// its request. What many requests take is lent by a pool, and goes back when they have run.
/// </remarks>
internal sealed class SavedRequests
{
    private byte[] _bytes = [];
    private int[] _ends = [];
    private Request[] _requests = [];
    private int _length;
    private int _argumentCount;

    private record struct Request(int FirstArgument, int ArgumentCount, int CommandId, int HashedArgument, ulong KeyHash);

    /// <summary>Requests held.</summary>
    public int Count { get; private set; }

    /// <summary>Whether one of them is a command with that flag.</summary>
    public bool HasAny(CommandFlags flag)
    {
        foreach (Request request in _requests.AsSpan(0, Count))
        {
            if (((CommandFlags)CommandTable.FlagBits[request.CommandId] & flag) != 0) return true;
        }
        return false;
    }

    /// <summary>Bytes of all arguments.</summary>
    public long Bytes => _length;

    /// <summary>Bytes that the copies take.</summary>
    public long MemoryBytes => _bytes.Length + ((long)_ends.Length * sizeof(int)) + ((long)_requests.Length * Unsafe.SizeOf<Request>());

    /// <summary>Whether a request would still fit beside the others.</summary>
    public bool HasRoomFor(long bytes) => _length + bytes <= Array.MaxLength;

    /// <summary>Keeps a copy of the running request, with the arguments that it has replaced.</summary>
    public void Add(CommandContext c)
    {
        if (Count == _requests.Length) Grow(ref _requests, Count, Count + 1);
        _requests[Count++] = new Request(_argumentCount, c.ArgCount, c.CommandId, c.HashedArgument, c.KeyHash);
        for (int i = 0; i < c.ArgCount; i++) AddArgument(c.ArgForRerun(i));
    }

    /// <summary>The command of a request.</summary>
    public int CommandId(int index) => _requests[index].CommandId;

    /// <summary>Makes a request the only one of a batch.</summary>
    public void Load(int index, CommandBatch batch, InputBuffer input)
    {
        Request request = _requests[index];
        batch.Clear();
        input.Reset();
        long bytes = 0;
        for (int i = request.FirstArgument; i < request.FirstArgument + request.ArgumentCount; i++)
        {
            ReadOnlySpan<byte> argument = Argument(i);
            batch.AddArgument(input.End, argument.Length);
            input.Append(argument);
            bytes += argument.Length;
        }
        batch.CompleteRequest(input.End, bytes);
        batch[0].CommandId = request.CommandId;
        batch[0].HashedArgument = request.HashedArgument;
        batch[0].KeyHash = request.KeyHash;
        batch.Bind(input);
    }

    /// <summary>An argument of the first request.</summary>
    public ReadOnlySpan<byte> Argument(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(start, _ends[index] - start);
    }

    /// <summary>Forgets all requests.</summary>
    public void Clear()
    {
        const int KeptBytesMax = 4096;
        Count = _argumentCount = _length = 0;
        if (MemoryBytes <= KeptBytesMax) return;
        Release(ref _bytes);
        Release(ref _ends);
        Release(ref _requests);
    }

    private void AddArgument(ReadOnlySpan<byte> argument)
    {
        if (_argumentCount == _ends.Length) Grow(ref _ends, _argumentCount, _argumentCount + 1);
        int length = _length + argument.Length;
        if (length > _bytes.Length) Grow(ref _bytes, _length, length);
        argument.CopyTo(_bytes.AsSpan(_length));
        _length = length;
        _ends[_argumentCount++] = length;
    }

    private static void Grow<T>(ref T[] array, int used, int needed)
    {
        T[] larger = ArrayPool<T>.Shared.Rent((int)Math.Min(Math.Max(array.Length * 2L, needed), Array.MaxLength));
        array.AsSpan(0, used).CopyTo(larger);
        Release(ref array);
        array = larger;
    }

    private static void Release<T>(ref T[] array)
    {
        if (array.Length > 0) ArrayPool<T>.Shared.Return(array);
        array = [];
    }
}
