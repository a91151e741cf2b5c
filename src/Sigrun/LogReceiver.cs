using System.Threading.Channels;
using Sigrun.Configuration;

namespace Sigrun;

/// <summary>Hands the lines of a log on to a program, on a thread of its own, so that a slow program never holds commands up.</summary>
/// <param name="receive">Gets the lines.</param>
internal sealed class LogReceiver(Action<SigrunLogLevel, string> receive)
{
    /// <summary>Lines that may wait for a slow receiver; those that come then are lost, and counted.</summary>
    private const int LinesMax = 10_000;

    /// <summary>How long the end of a server waits for its receiver.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Channel<(LogLevel Level, string Message)> _lines = Channel.CreateBounded<(LogLevel, string)>(LinesMax);
    private readonly TaskCompletionSource _needsNoWait = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;
    private int _lost;

    /// <summary>Begins to hand lines on.</summary>
    public void Start()
    {
        _thread = new Thread(HandOnAll) { IsBackground = true, Name = "sigrun-log" };
        _thread.Start();
    }

    /// <summary>Takes a line; from any thread.</summary>
    public void Add(LogLevel level, string message)
    {
        if (!_lines.Writer.TryWrite((level, message))) Interlocked.Increment(ref _lost);
    }

    /// <summary>Somebody is about to wait for the server's end: should that be the receiver, the end must not wait for it.</summary>
    public void OnEndAwaited()
    {
        if (Thread.CurrentThread == _thread) _needsNoWait.TrySetResult();
    }

    /// <summary>There are no more lines. Returns when all are handed on, unless that takes long: the rest follows then.</summary>
    public void End()
    {
        _lines.Writer.Complete();
        if (_thread is not null) _needsNoWait.Task.Wait(Patience);
    }

    private void HandOnAll()
    {
        while (_lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_lines.Reader.TryRead(out (LogLevel Level, string Message) line))
            {
                HandOn(line.Level, line.Message);
                if (Interlocked.Exchange(ref _lost, 0) is var lost and > 0) HandOn(LogLevel.Warning, $"{lost} lines of the log are lost: their receiver is too slow.");
            }
        }
        _needsNoWait.TrySetResult();
    }

    private void HandOn(LogLevel level, string message)
    {
        try
        {
            receive((SigrunLogLevel)level, ConfigText.ToString(message));
        }
        catch (Exception)
        {
            // The receiver's own affair: the next line may fare better.
        }
    }
}
