using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Observability;

/// <summary>LATENCY: what has held the server up.</summary>
public sealed class LatencyTests : IDisposable
{
    private TestServer? _server;
    private RespClient? _client;

    public void Dispose()
    {
        _client?.Dispose();
        _server?.Dispose();
    }

    [Fact]
    public void WhatTakesLongIsRememberedByItsKind()
    {
        Start(thresholdMs: 250);
        Assert.Equal("+OK", Do("DEBUG SLEEP 0.25"));
        RememberNothingElse();
        RespValue latest = Assert.Single(_client!.Line("LATENCY LATEST").Items);
        Assert.Equal("command", latest.Items[0].Text);
        long milliseconds = latest.Items[2].Number;
        Assert.InRange(milliseconds, 250, 20_000);
        Assert.Equal([milliseconds, milliseconds, 1], latest.Items.Skip(3).Select(item => item.Number));
        RespValue sample = Assert.Single(_client!.Line("LATENCY HISTORY command").Items);
        Assert.Equal([latest.Items[1].Number, milliseconds], sample.Items.Select(item => item.Number));
        Assert.Contains($"1. command: 1 latency spikes (average {milliseconds}ms, mean deviation 0ms, ", Do("LATENCY DOCTOR"), StringComparison.Ordinal);
    }

    [Fact]
    public void NothingIsRememberedWithoutAThreshold()
    {
        Start(thresholdMs: 0);
        Do("DEBUG SLEEP 0.03");
        Assert.Equal("[]", Do("LATENCY LATEST"));
        Assert.Equal("[]", Do("LATENCY HISTORY command"));
        Assert.Contains("latency monitoring is disabled", Do("LATENCY DOCTOR"), StringComparison.Ordinal);
        Assert.Equal("-ERR No samples available for event 'command'", Do("LATENCY GRAPH command"));
    }

    [Fact]
    public void WhatHasExpiredIsMeasuredToo()
    {
        Start(thresholdMs: 1);
        Assert.Equal("+OK", Do("DEBUG SET-ACTIVE-EXPIRE 0"));
        Do("DEBUG POPULATE 50000 key 10");
        _client!.WriteRaw([.. Enumerable.Range(0, 50_000).SelectMany(i => RespClient.Request("PEXPIRE", $"key:{i}", "100"))]);
        for (int i = 0; i < 50_000; i++) _client!.Read();
        _server!.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("+OK", Do("DEBUG SET-ACTIVE-EXPIRE 1"));
        TestClock.WaitUntil(() => Do("DBSIZE") == ":0", "the end of all keys");
        Assert.Contains("expire-cycle", _client!.Line("LATENCY LATEST").Items.Select(item => item.Items[0].Text));
    }

    [Fact]
    public void EventsAreForgottenOnRequest()
    {
        Start(thresholdMs: 250);
        Do("DEBUG SLEEP 0.25");
        RememberNothingElse();
        Assert.Equal(":0", Do("LATENCY RESET other"));
        Assert.Equal(":1", Do("LATENCY RESET other COMMAND"));
        Assert.Equal(":0", Do("LATENCY RESET"));
    }

    [Fact]
    public void AHistogramHasTheCommandsThatWereCalled()
    {
        Start(thresholdMs: 0);
        Do("CONFIG RESETSTAT");
        Do("SET a b");
        Do("SET a c");
        Do("CLIENT ID");
        RespValue all = _client!.Line("LATENCY HISTOGRAM");
        Assert.Equal(["client|id", "config|resetstat", "set"], Even(all).Select(name => name.Text).Order(StringComparer.Ordinal));
        RespValue set = _client!.Line("LATENCY HISTOGRAM nonsense set get").Items[1];
        Assert.Equal(2, set.Items[1].Number);
        Assert.Equal(2, set.Items[3].Items[^1].Number);
        Assert.Equal(["client|id"], Even(_client!.Line("LATENCY HISTOGRAM client")).Select(name => name.Text));
    }

    [Fact]
    public void AGraphIsDrawnAsTheReferenceServerDrawsIt()
    {
        var series = new LatencySeries("command");
        long[] milliseconds = [30, 53, 201, 100, 20];
        for (int i = 0; i < milliseconds.Length; i++) series.Add(1000 + i, milliseconds[i]);
        string[] expected =
        [
            "command - high 201 ms, low 20 ms (all time high 201 ms)", new string('-', 80),
            "  #  ", "  |  ", "  |# ", "_#||_", "     ", "65432", "sssss", "",
        ];
        Assert.Equal(expected, LatencyGraph.Draw(series, 1006).Split('\n'));
    }

    [Fact]
    public void ASecondHasItsLongestEventAndOldSecondsGo()
    {
        var series = new LatencySeries("command");
        for (int second = 1; second <= 200; second++)
        {
            series.Add(second, 5);
            series.Add(second, 7);
            series.Add(second, 6);
        }
        Assert.Equal(Enumerable.Range(41, 160).Select(second => new LatencySample(second, 7)), series.Samples);
        Assert.Equal((7, 200 * 18, 600), (series.Max, series.Sum, series.Count));
        Assert.Equal(new LatencySummary(160, 7, 0, 1), series.Summarize(201));
    }

    private static IEnumerable<RespValue> Even(RespValue map) => map.Items.Where((_, index) => index % 2 == 0);

    private void Start(long thresholdMs)
    {
        _server = new TestServer(s =>
        {
            s.Security.EnableDebugCommand = ProtectedAction.Yes;
            s.Observability.LatencyMonitorThresholdMs = thresholdMs;
        });
        _client = _server.Connect();
    }

    /// <summary>Whatever keeps the server from going on after this leaves no event.</summary>
    private void RememberNothingElse() => _server!.OnEngine(static engine => engine.Latency.ThresholdMs = 1_000_000);

    private string Do(string line) => _client!.Line(line).ToString();
}
