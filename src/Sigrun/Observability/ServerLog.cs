using Sigrun.Configuration;
using Sigrun.Storage;

namespace Sigrun.Observability;

/// <summary>The log of one engine: lines with time, level and the role of the process, each written whole.</summary>
/// <remarks>
/// Lines are written by the caller until <see cref="StartWriter"/>; from then on they are only laid out by the caller
/// and a thread of the log's own writes them, so that a slow disk never holds the engine up. Order is kept. What waits
/// is bounded: a caller that is too far ahead waits for the writer, as no line may be lost. Any thread may log.
/// Cost while a level is off: one comparison, but call sites build their message first, so what is logged per command
/// asks <see cref="IsEnabled"/> before.
/// </remarks>
internal sealed class ServerLog : IDisposable
{
    private const int WaitingBytesMax = 1 << 20;

    private readonly ObservabilitySettings _settings;
    private readonly IClock _clock;
    private readonly Func<long, int> _utcOffsetSeconds;
    private readonly ILogOutput _output;
    private readonly object _writing = new();
    private readonly object _gate = new();
    private readonly int _processId = Environment.ProcessId;
    private LogBuffer _waiting = new();
    private LogBuffer _written = new();
    private Thread? _writer;
    private bool _stopping;

    /// <summary>A log in the shape that <paramref name="settings"/> have at the time of each line.</summary>
    /// <param name="settings">Level and formats.</param>
    /// <param name="clock">The time of the lines.</param>
    /// <param name="output">Where they go.</param>
    /// <param name="utcOffsetSeconds">Offset of local time at a time in seconds since 1970; null for UTC.</param>
    public ServerLog(ObservabilitySettings settings, IClock clock, ILogOutput output, Func<long, int>? utcOffsetSeconds = null)
    {
        _settings = settings;
        _clock = clock;
        _output = output;
        _utcOffsetSeconds = utcOffsetSeconds ?? (static _ => 0);
    }

    /// <summary>What the process is.</summary>
    public LogRole Role { get; set; } = LogRole.Primary;

    /// <summary>Told of each message too, in the thread that logs; null for nobody.</summary>
    public Action<LogLevel, string>? Copy { get; init; }

    /// <summary>Whether lines of this level are written.</summary>
    public bool IsEnabled(LogLevel level) => level >= _settings.LogLevel;

    /// <summary>Logs what an operator has to know.</summary>
    public void Warning(string message) => Write(LogLevel.Warning, message);

    /// <summary>Logs what an operator wants to know.</summary>
    public void Notice(string message) => Write(LogLevel.Notice, message);

    /// <summary>Logs what comes and goes.</summary>
    public void Verbose(string message) => Write(LogLevel.Verbose, message);

    /// <summary>Logs for those who work on the server.</summary>
    public void Debug(string message) => Write(LogLevel.Debug, message);

    /// <summary>Logs one line.</summary>
    public void Write(LogLevel level, string message)
    {
        if (!IsEnabled(level)) return;
        long now = _clock.UnixMicroseconds / 1000;
        int offset = _utcOffsetSeconds(now / 1000);
        lock (_gate) Line().Append(_settings, Role, level, now, offset, message);
        Submit();
        Copy?.Invoke(level, message);
    }

    /// <summary>Logs the arrival of a signal.</summary>
    public void Signal(string message)
    {
        if (!IsEnabled(LogLevel.Warning)) return;
        long now = _clock.UnixMicroseconds / 1_000_000;
        lock (_gate) Line().AppendSignal(now, message);
        Submit();
    }

    /// <summary>Writes text as it is, if its level is on.</summary>
    public void Raw(LogLevel level, string text)
    {
        if (!IsEnabled(level)) return;
        lock (_gate) _waiting.Text(text);
        Submit();
        Copy?.Invoke(level, text);
    }

    /// <summary>Hands the writing over to a thread of its own.</summary>
    /// <param name="processors">The processors that it may use; null for all.</param>
    public void StartWriter(string? processors = null)
    {
        _writer = new Thread(() => WriteWaiting(processors)) { IsBackground = true, Name = "log" };
        _writer.Start();
    }

    /// <summary>Returns when every line so far is written.</summary>
    public void Flush()
    {
        lock (_writing) WriteOnce();
    }

    /// <summary>Writes what waits and ends the writer.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _writer?.Join();
        _writer = null;
        Flush();
    }

    private LogLine Line() => new(_waiting, _processId);

    /// <summary>Has what was laid out written: by the writer, or by the caller where there is none or it is far behind.</summary>
    private void Submit()
    {
        bool behind;
        lock (_gate)
        {
            behind = _writer == null || _waiting.Length > WaitingBytesMax;
            if (!behind) Monitor.Pulse(_gate);
        }

        if (behind) Flush();
    }

    /// <summary>Writes what waits; the caller holds the right to write, which keeps the order.</summary>
    private void WriteOnce()
    {
        lock (_gate)
        {
            LogBuffer full = _waiting;
            _waiting = _written;
            _written = full;
        }

        if (_written.Length > 0) _output.Write(_written.Bytes);
        _written.Clear();
    }

    private void WriteWaiting(string? processors)
    {
        CpuList.Bind(processors);
        while (true)
        {
            lock (_gate)
            {
                while (_waiting.Length == 0 && !_stopping) Monitor.Wait(_gate);
                if (_stopping) return;
            }

            Flush();
        }
    }
}
