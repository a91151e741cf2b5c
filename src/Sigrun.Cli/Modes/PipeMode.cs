using Sigrun.Client;
using Sigrun.Storage;

namespace Sigrun.Cli.Modes;

/// <summary>
/// Sends the standard input to the server as it is and counts what comes back. One thread sends and one reads: neither waits for
/// the other, however much is on the way. A command with a text that nobody else sends marks the end.
/// </summary>
internal sealed class PipeMode(Session session) : IDisposable
{
    private const int BufferBytes = 256 * 1024;
    private const int MarkBytes = 20;

    private readonly byte[] _mark = new byte[MarkBytes];
    /// <summary>How long the thread that sends gets to come to an end when there is nothing more to read.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _isOver = new();
    private ServerConnection? _server;
    private long _errors;
    private long _replies;
    private long _lastReplyMs;
    private volatile bool _isSent;
    private volatile ConnectionException? _failure;

    /// <summary>Sends everything; returns the exit code.</summary>
    public int Run()
    {
        _server = session.Require();
        var random = new RandomSource((ulong)ToolClock.Microseconds ^ (ulong)Environment.ProcessId);
        for (int i = 0; i < MarkBytes; i++) _mark[i] = (byte)random.NextInt(256);
        _lastReplyMs = ToolClock.Milliseconds;
        new Thread(ReadReplies) { IsBackground = true, Name = "replies" }.Start();

        Send();
        session.Console.PrintLine("All data transferred. Waiting for the last reply...");
        session.Console.Flush();
        bool isAnswered = WaitForLastReply();
        if (_failure is { } failure) throw Lost(failure);
        if (isAnswered) session.Console.PrintLine("Last reply received from server.");
        else
        {
            session.Console.Error($"No replies for {session.Options.PipeTimeoutSeconds} seconds: exiting.");
            _errors++;
        }
        session.Console.PrintLine($"errors: {_errors}, replies: {_replies}");
        return _errors > 0 ? 1 : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _isOver.Dispose();

    private void Send()
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (session.Console.In.Read(buffer) is > 0 and int count) _server!.Send(buffer.AsSpan(0, count));
            _isSent = true;
            // After half a command the line ends make something of it that the server can refuse.
            _server!.Send([.. "\r\n*2\r\n$4\r\nECHO\r\n$20\r\n"u8, .. _mark, .. "\r\n"u8]);
        }
        catch (ConnectionException e)
        {
            // What the server has said before it closed the connection is more interesting than that it did.
            _isOver.Wait(Grace);
            if (_failure is { } failure) throw Lost(failure);
            throw ExitException.Failure($"Error writing to the server: {e.Message}");
        }
        catch (IOException e)
        {
            throw ExitException.Failure($"Error reading from stdin: {e.Message}");
        }
    }

    private bool WaitForLastReply()
    {
        int timeoutSeconds = session.Options.PipeTimeoutSeconds;
        while (!_isOver.Wait(TimeSpan.FromSeconds(1)))
        {
            if (timeoutSeconds > 0 && ToolClock.Milliseconds - Interlocked.Read(ref _lastReplyMs) > timeoutSeconds * 1000L) return false;
        }
        return true;
    }

    private void ReadReplies()
    {
        try
        {
            while (!_isOver.IsSet)
            {
                _server!.Receive();
                CountReplies();
                Interlocked.Exchange(ref _lastReplyMs, ToolClock.Milliseconds);
            }
        }
        catch (ConnectionException e)
        {
            _failure = e;
            _isOver.Set();
            if (_isSent) return;
            // The other thread may wait for input, and for nothing.
            ToolClock.Sleep(Grace);
            if (Lost(e).Complaint is { } complaint) session.Console.Error(complaint);
            Environment.Exit(1);
        }
    }

    /// <summary>A server that closes the connection has told why; one that sends nonsense has not.</summary>
    private static ExitException Lost(ConnectionException failure) =>
        new(1, failure.Fault == ConnectionFault.Protocol ? "Error reading replies from server" : null);

    private void CountReplies()
    {
        while (true)
        {
            _replies += _server!.Skip();
            if (!_server.TryTake(out Reply? reply)) return;
            if (_isSent && reply!.Type == ReplyType.Bulk && reply.Is(_mark))
            {
                _isOver.Set();
                return;
            }
            _replies++;
            if (!reply!.IsError) continue;
            session.Console.Error(reply.Bytes);
            _errors++;
        }
    }
}
