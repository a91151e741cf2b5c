using System.Globalization;
using System.Text.RegularExpressions;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Observability;

/// <summary>The figures of INFO and CLIENT INFO: what counts as what.</summary>
public sealed partial class FigureTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _client;

    public FigureTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void ATransactionDoesNotFailWithTheCommandsInIt()
    {
        _client.WriteRaw("MULTI\r\nSET a b\r\nAUTH a\r\nEXEC\r\n");
        for (int i = 0; i < 4; i++) _client.Read();
        Assert.Equal("count=1", Field("errorstats", "errorstat_ERR"));
        Assert.EndsWith(",rejected_calls=0,failed_calls=1", Field("commandstats", "cmdstat_auth"), StringComparison.Ordinal);
        Assert.EndsWith(",rejected_calls=0,failed_calls=0", Field("commandstats", "cmdstat_exec"), StringComparison.Ordinal);
        _client.Line("EXEC");
        Assert.Equal("count=2", Field("errorstats", "errorstat_ERR"));
        Assert.EndsWith(",rejected_calls=0,failed_calls=1", Field("commandstats", "cmdstat_exec"), StringComparison.Ordinal);
        Assert.Equal("2", Field("stats", "total_error_replies"));
    }

    [Theory]
    [InlineData("cluster_info", "# Cluster Info\r\n")]
    [InlineData("scriptingengines cluster_info", "# Cluster Info\r\n\r\n# Scripting Engines\r\n")]
    public void SectionsAreThereByName(string sections, string begin) =>
        Assert.StartsWith(begin, _client.Line("INFO " + sections).Text, StringComparison.Ordinal);

    [Fact]
    public void AWaitThatIsBrokenOffCountsAsRejected()
    {
        using RespClient waiting = _server.Connect();
        long id = waiting.Line("CLIENT ID").Number;
        waiting.WriteRaw("BLPOP a 0\r\n");
        TestClock.WaitUntil(() => _server.OnEngine(engine => engine.Blocked.Count == 1), "a waiting client");
        Assert.Equal(":1", _client.Line($"CLIENT UNBLOCK {id} ERROR"));
        Assert.Equal("-UNBLOCKED client unblocked via CLIENT UNBLOCK", waiting.Read());
        Assert.EndsWith(",rejected_calls=1,failed_calls=0", Field("commandstats", "cmdstat_blpop"), StringComparison.Ordinal);
        Assert.StartsWith("calls=1,", Field("commandstats", "cmdstat_blpop"), StringComparison.Ordinal);
        Assert.Equal("count=1", Field("errorstats", "errorstat_UNBLOCKED"));
    }

    [Fact]
    public void OnlyCommandsThatRanCountForTheClient()
    {
        Assert.Equal("0", ClientField("tot-cmds"));
        _client.Line("NOPE");
        _client.Line("GET");
        Assert.Equal("1", ClientField("tot-cmds"));
        _client.WriteRaw("MULTI\r\nSET a 1\r\nGET a\r\nDISCARD\r\n");
        for (int i = 0; i < 4; i++) _client.Read();
        Assert.Equal("4", ClientField("tot-cmds"));
        _client.WriteRaw("MULTI\r\nSET a 1\r\nGET a\r\nEXEC\r\n");
        for (int i = 0; i < 4; i++) _client.Read();
        Assert.Equal("9", ClientField("tot-cmds"));
    }

    [Fact]
    public void AClientTellsOfItsQueueOnceItHasHadOne()
    {
        Assert.Equal("-1", ClientField("multi"));
        _client.Line("WATCH a");
        Assert.Equal("0", ClientField("multi"));
        Assert.Equal("1", ClientField("watch"));
    }

    [Fact]
    public void NothingWaitsForAClientThatAsks()
    {
        string line = _client.Line("CLIENT INFO").Text;
        Assert.Contains(" obl=0 oll=0 omem=0 ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDebugSectionIsShownByNameOnly()
    {
        Assert.DoesNotContain("eventloop_cmd_per_cycle_max", _client.Line("INFO everything").Text, StringComparison.Ordinal);
        Assert.True(long.Parse(Field("debug", "eventloop_cmd_per_cycle_max"), CultureInfo.InvariantCulture) >= 1);
        Assert.Equal("0", Field("debug", "eventloop_duration_aof_sum"));
    }

    [Fact]
    public void ThreadsTellHowLongTheyHaveWorked()
    {
        using TestServer server = TestServer.WithIoThreads(3);
        using RespClient client = server.Connect();
        client.Line("PING");
        string text = client.Line("INFO cpu").Text;
        Assert.Contains("\nused_active_time_io_thread_1:", text, StringComparison.Ordinal);
        Assert.Contains("\nused_active_time_io_thread_2:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nused_active_time_io_thread_3:", text, StringComparison.Ordinal);
        Assert.Contains("\nused_cpu_user_main_thread:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ResetStatBeginsAnew()
    {
        for (int i = 0; i < 100; i++) _client.Line("PING");
        Assert.True(long.Parse(Field("stats", "total_reads_processed"), CultureInfo.InvariantCulture) > 100);
        _client.WriteRaw("CONFIG RESETSTAT\r\nINFO stats\r\n");
        Assert.Equal("+OK", _client.Read());
        string text = _client.Read().Text;
        foreach (string name in (string[])["total_reads_processed", "total_writes_processed", "eventloop_cycles", "io_threaded_total_prefetch_entries"])
            Assert.InRange(long.Parse(Regex.Match(text, $"\n{name}:(.*)\r").Groups[1].Value, CultureInfo.InvariantCulture), 0, 20);
        Assert.Contains("\ninstantaneous_ops_per_sec:0\r", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePartInReplication() => Assert.Equal("[\"master\", :0, []]", _client.Line("ROLE"));

    [Theory]
    [InlineData("LOLWUT", @"\A([ ▀▄█]{64}\n){24}\nA weave after rule \d+\. Valkey ver\. 9\.1\.0\n\z")]
    [InlineData("LOLWUT VERSION 5 3 2", @"\A([ ▀▄█]{3}\n){2}\nA weave after rule \d+\. Valkey ver\. 9\.1\.0\n\z")]
    [InlineData("LOLWUT VERSION 7", @"\AValkey ver\.9\.1\.0\n\z")]
    public void APicture(string command, string pattern) =>
        Assert.Matches(pattern, System.Text.Encoding.UTF8.GetString(_client.Line(command).Bytes));

    [Fact]
    public void WhatAClientCanDo()
    {
        using RespClient other = _server.Connect();
        Assert.Equal("+OK", other.Line("CLIENT CAPA nonsense REDIRECT"));
        Assert.Contains(" capa=r ", other.Line("CLIENT INFO").Text, StringComparison.Ordinal);
        Assert.Equal(other.Line("CLIENT ID").Number, long.Parse(IdOf().Match(_client.Line("CLIENT LIST CAPA r").Text).Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.Equal("+OK", other.Line("READONLY"));
        Assert.Contains(" flags=r ", other.Line("CLIENT INFO").Text, StringComparison.Ordinal);
        Assert.Equal("+OK", other.Line("READWRITE"));
        Assert.Contains(" flags=N ", other.Line("CLIENT INFO").Text, StringComparison.Ordinal);
    }

    private string Field(string section, string name) =>
        Regex.Match(_client.Line("INFO " + section).Text, $@"^{Regex.Escape(name)}:(.*)\r$", RegexOptions.Multiline).Groups[1].Value;

    private string ClientField(string name) => Regex.Match(_client.Line("CLIENT INFO").Text, $" {name}=(\\S*)").Groups[1].Value;

    [GeneratedRegex(@"\Aid=(\d+) [^\n]*\n\z")]
    private static partial Regex IdOf();
}
