using System.Globalization;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun.Tests.Observability;

public class ServerLogTests
{
    private static readonly string Pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private readonly ObservabilitySettings _settings = new();
    private readonly MemoryOutput _output = new();

    [Theory]
    [InlineData(LogFormat.Legacy, LogTimestampFormat.Legacy, 0, "PID:M 05 Jan 2026 03:04:09.007 # a \"b\"\nc\n")]
    [InlineData(LogFormat.Legacy, LogTimestampFormat.Legacy, 3600, "PID:M 05 Jan 2026 04:04:09.007 # a \"b\"\nc\n")]
    [InlineData(LogFormat.Legacy, LogTimestampFormat.Iso8601, 0, "PID:M 2026-01-05T03:04:09.007+00:00 # a \"b\"\nc\n")]
    [InlineData(LogFormat.Legacy, LogTimestampFormat.Iso8601, -12600, "PID:M 2026-01-04T23:34:09.007-03:30 # a \"b\"\nc\n")]
    [InlineData(LogFormat.Legacy, LogTimestampFormat.Milliseconds, 3600, "PID:M 1767582249007 # a \"b\"\nc\n")]
    [InlineData(LogFormat.Logfmt, LogTimestampFormat.Legacy, 0, "pid=PID role=primary timestamp=\"05 Jan 2026 03:04:09.007\" level=warning message=\"a 'b' c\"\n")]
    [InlineData(LogFormat.Json, LogTimestampFormat.Milliseconds, 0, "{\"pid\":PID,\"role\":\"primary\",\"timestamp\":\"1767582249007\",\"level\":\"warning\",\"message\":\"a \\\"b\\\"\\nc\"}\n")]
    internal void LinesHaveTheShapeAskedFor(LogFormat format, LogTimestampFormat timestamp, int offsetSeconds, string expected)
    {
        _settings.LogFormat = format;
        _settings.LogTimestampFormat = timestamp;
        using ServerLog log = new(_settings, new FixedClock(), _output, _ => offsetSeconds);
        log.Warning("a \"b\"\nc");
        Assert.Equal(expected.Replace("PID", Pid, StringComparison.Ordinal), _output.Text);
    }

    [Theory]
    [InlineData(LogLevel.Debug, ".-*#")]
    [InlineData(LogLevel.Verbose, "-*#")]
    [InlineData(LogLevel.Notice, "*#")]
    [InlineData(LogLevel.Warning, "#")]
    [InlineData(LogLevel.Nothing, "")]
    internal void LevelsBelowTheLeastAreLeftOut(LogLevel least, string marks)
    {
        _settings.LogLevel = least;
        using ServerLog log = new(_settings, new FixedClock(), _output);
        log.Debug("x");
        log.Verbose("x");
        log.Notice("x");
        log.Warning("x");
        Assert.Equal(marks, string.Concat(_output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[^3])));
    }

    [Theory]
    [InlineData(LogRole.Sentinel, 'X', "sentinel")]
    [InlineData(LogRole.Child, 'C', "RDB/AOF")]
    [InlineData(LogRole.Replica, 'S', "replica")]
    [InlineData(LogRole.Primary, 'M', "primary")]
    internal void TheRoleIsShown(LogRole role, char mark, string word)
    {
        using ServerLog log = new(_settings, new FixedClock(), _output) { Role = role };
        log.Warning("x");
        _settings.LogFormat = LogFormat.Logfmt;
        log.Warning("x");
        Assert.StartsWith($"{Pid}:{mark} ", _output.Text, StringComparison.Ordinal);
        Assert.Contains($" role={word} ", _output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void SignalsHaveALineOfTheirOwn()
    {
        using ServerLog log = new(_settings, new FixedClock(), _output);
        log.Signal("Received SIGTERM scheduling shutdown...");
        Assert.Equal($"{Pid}:signal-handler (1767582249) Received SIGTERM scheduling shutdown...\n", _output.Text);
    }

    [Fact]
    public void RawTextIsNotChanged()
    {
        using ServerLog log = new(_settings, new FixedClock(), _output);
        log.Raw(LogLevel.Notice, " PID: 1\n");
        log.Raw(LogLevel.Debug, "no");
        Assert.Equal(" PID: 1\n", _output.Text);
    }

    [Fact]
    public void TheWriterKeepsTheOrderAndLosesNothing()
    {
        using (ServerLog log = new(_settings, new FixedClock(), _output))
        {
            log.Warning("line 0");
            log.StartWriter();
            for (int i = 1; i < 1000; i++)
                log.Warning("line " + i.ToString(CultureInfo.InvariantCulture));
        }

        string[] lines = _output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"line {i}"), lines.Select(line => line[line.IndexOf("line", StringComparison.Ordinal)..]));
    }

    [Fact]
    public void ACallerDoesNotWaitForASlowOutputButFlushDoes()
    {
        using ServerLog log = new(_settings, new FixedClock(), _output);
        log.StartWriter();
        _output.Block();
        log.Warning("first");
        _output.WaitUntilEntered();
        log.Warning("second");
        Assert.Equal("", _output.Text);
        _output.Unblock();
        log.Flush();
        Assert.EndsWith("# second\n", _output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileMayBeMovedAwayBetweenLines()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("sigrun-test-").FullName, "log");
        FileLogOutput output = new(path);
        output.Write("one\n"u8);
        output.Write("two\n"u8);
        File.Move(path, path + ".1");
        output.Write("three\n"u8);
        Assert.Equal("one\ntwo\n", File.ReadAllText(path + ".1"));
        Assert.Equal("three\n", File.ReadAllText(path));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        output.Write("nowhere\n"u8);
        Assert.False(File.Exists(path));
    }

    private sealed class FixedClock : IClock
    {
        public long MonotonicNanoseconds => 0;

        public long UnixMicroseconds => new DateTimeOffset(2026, 1, 5, 3, 4, 9, 7, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
    }

    private sealed class MemoryOutput : ILogOutput
    {
        private readonly StringBuilder _text = new();
        private readonly TaskCompletionSource _entered = new();
        private TaskCompletionSource? _blocked;

        public string Text
        {
            get
            {
                lock (_text) return _text.ToString();
            }
        }

        public void Block() => _blocked = new TaskCompletionSource();

        public void Unblock() => _blocked!.SetResult();

        public void WaitUntilEntered() => _entered.Task.Wait();

        public void Write(ReadOnlySpan<byte> lines)
        {
            _entered.TrySetResult();
            _blocked?.Task.Wait();
            lock (_text) _text.Append(Encoding.UTF8.GetString(lines));
        }
    }
}
