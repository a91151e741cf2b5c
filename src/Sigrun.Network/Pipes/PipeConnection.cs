using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Pipes;

/// <summary>A connection with a client in the same process: two pipes, which any loop serves beside its sockets.</summary>
/// <remarks>
/// <para>
/// A pipe tells once, on the thread that has filled or emptied it, that this side can go on; that thread tells the loop. The
/// client's continuations run on the thread pool, never on the loop's thread. Bytes are copied, as a socket does.
/// </para>
/// <para>Either a read is under way, which ends when something comes, or there may be input. So nothing is missed.</para>
/// </remarks>
internal sealed unsafe class PipeConnection : Connection
{
    /// <summary>How the client's process is shown: like an address and a port, and like nobody's.</summary>
    private const string Name = "in-process:0";

    /// <summary>Bytes that wait in either pipe before the one who fills it has to wait, and until when.</summary>
    private const int FullBytes = 64 * 1024;
    private const int RoomyBytes = FullBytes / 2;

    private const int SlicesMax = 16;

    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private readonly Action _onReadable;
    private readonly Action _onWritable;
    private ValueTaskAwaiter<ReadResult> _read;
    private ValueTaskAwaiter<FlushResult> _flush;
    private bool _isReading;
    private bool _isFlushing;

    internal PipeConnection(EventLoop loop)
        : base(loop, Name, Name)
    {
        var requests = new Pipe(new PipeOptions(null, PipeScheduler.Inline, PipeScheduler.ThreadPool, FullBytes, RoomyBytes, useSynchronizationContext: false));
        var replies = new Pipe(new PipeOptions(null, PipeScheduler.ThreadPool, PipeScheduler.Inline, FullBytes, RoomyBytes, useSynchronizationContext: false));
        _reader = requests.Reader;
        _writer = replies.Writer;
        _onReadable = () => Signal(Readiness.Input);
        _onWritable = () => Signal(Readiness.Output);
        Peer = new PipeEnd(this, replies.Reader, requests.Writer);
    }

    /// <summary>The client's end.</summary>
    internal PipeEnd Peer { get; }

    /// <inheritdoc/>
    public override int Descriptor => -1;

    /// <inheritdoc/>
    public override bool IsLocal => true;

    /// <inheritdoc/>
    public override void TrySendNow(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_writer.GetSpan(bytes.Length));
        _writer.Advance(bytes.Length);
    }

    /// <inheritdoc/>
    public override void SetKeepAlive(int seconds)
    {
        // Nobody can get lost between here and there.
    }

    /// <summary>The client has disposed of its end; from any thread.</summary>
    internal void OnPeerClosed() => Signal(Readiness.PeerDone);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _reader.Complete();
        _writer.Complete();
    }

    /// <inheritdoc/>
    internal override int Receive(BufferPool pool)
    {
        MayHaveInput = false;
        if (!IsReadable) return 0;
        Loop.Reads++;
        if (TryTake() is not { } result) return -1;
        long waiting = result.Buffer.Length;
        if (waiting == 0) return -1;
        ConnectionSession session = Session;
        InputBuffer input = session.Input ??= pool.RentInput();
        pool.EnsureSpace(input, session.WantedInputSpace);
        int taken = (int)Math.Min(waiting, input.ReceiveSpace);
        foreach (ReadOnlyMemory<byte> piece in result.Buffer.Slice(0, taken))
        {
            piece.Span.CopyTo(new Span<byte>(input.ReceivePointer, piece.Length));
            input.Commit(piece.Length);
        }
        _reader.AdvanceTo(result.Buffer.GetPosition(taken));
        CountReceived(taken);
        MayHaveInput = IsReadable;
        return taken;
    }

    /// <inheritdoc/>
    internal override bool HasPeerEnded()
    {
        if (IsPeerDone || !IsReadable) return IsPeerDone;
        MayHaveInput = true;
        if (TryTake() is not { } result) return true;
        _reader.AdvanceTo(result.Buffer.Start);
        return result.IsCompleted;
    }

    /// <inheritdoc/>
    internal override bool Send()
    {
        OutputQueue output = Session.Output;
        OutputSlice* slices = stackalloc OutputSlice[SlicesMax];
        while (!output.IsEmpty)
        {
            if (_isFlushing)
            {
                if (!_flush.IsCompleted) return true;
                if (!EndFlush()) return false;
            }
            Loop.Writes++;
            long sent = Copy(new ReadOnlySpan<OutputSlice>(slices, output.Gather(new Span<OutputSlice>(slices, SlicesMax))));
            CountSent(sent);
            output.Advance(sent);
            _flush = AwaiterOf(_writer.FlushAsync());
            _isFlushing = true;
            if (!_flush.IsCompleted) _flush.UnsafeOnCompleted(_onWritable);
            else if (!EndFlush()) return false;
        }
        return true;
    }

    /// <inheritdoc/>
    internal override void Attach()
    {
        if ((TakeSignals() & Readiness.PeerDone) != 0) IsPeerDone = true;
        MayHaveInput = true;
    }

    /// <summary>Whether a read has ended; begins one where none is under way.</summary>
    private bool IsReadable
    {
        get
        {
            if (_isReading) return _read.IsCompleted;
            _read = AwaiterOf(_reader.ReadAsync());
            _isReading = true;
            if (_read.IsCompleted) return true;
            _read.UnsafeOnCompleted(_onReadable);
            return false;
        }
    }

    private static ValueTaskAwaiter<T> AwaiterOf<T>(ValueTask<T> task) => task.GetAwaiter();

    /// <summary>What a read that has ended has found; null when the client has ended its side with an error.</summary>
    private ReadResult? TryTake()
    {
        _isReading = false;
        try
        {
            return _read.GetResult();
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Ends a flush; false when the client does not read any more.</summary>
    private bool EndFlush()
    {
        _isFlushing = false;
        try
        {
            return !_flush.GetResult().IsCompleted;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>Copies from the front of the output as much as the pipe should hold, and tells how much.</summary>
    private long Copy(ReadOnlySpan<OutputSlice> slices)
    {
        int copied = 0;
        foreach (OutputSlice slice in slices)
        {
            int length = (int)Math.Min(slice.Length, FullBytes - copied);
            if (length == 0) break;
            var source = new ReadOnlySpan<byte>((byte*)slice.Address, length);
            System.Buffers.BuffersExtensions.Write(_writer, source);
            copied += length;
        }
        return copied;
    }
}
