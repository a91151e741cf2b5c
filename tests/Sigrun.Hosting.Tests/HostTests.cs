using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static Sigrun.Hosting.Tests.Dialogue;

namespace Sigrun.Hosting.Tests;

/// <summary>A server in a generic host.</summary>
public sealed class HostTests : IDisposable
{
    private const int Instruments = 11;

    private readonly TestDirectory _directory = new();
    private readonly RecordingLogs _logs = new();

    public void Dispose()
    {
        _directory.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task StoppingTheHostSaves()
    {
        using (IHost host = Build(options => options.DataDirectory = _directory.Path))
        {
            await host.StartAsync();
            await using Stream connection = host.Services.GetRequiredService<SigrunServer>().Connect();
            Assert.Equal("+OK", await Ask(connection, "SET a 1"));
            await host.StopAsync();
        }
        Assert.True(File.Exists(Path.Combine(_directory.Path, "dump.rdb")));
        Assert.Contains(_logs.Lines, line => line is { Category: "Sigrun", Level: LogLevel.Information, Message: "DB saved on disk" });
        using IHost again = Build(options => options.DataDirectory = _directory.Path);
        await again.StartAsync();
        await using Stream other = again.Services.GetRequiredService<SigrunServer>().Connect();
        Assert.Equal("$1", await Ask(other, "GET a"));
        await again.StopAsync();
    }

    [Fact]
    public async Task OptionsAreLookedAtBeforeTheStart()
    {
        using IHost host = Build(options => (options.Port, options.IoThreads, options.AppendOnly) = (70000, 0, true));
        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(["Port must be between 0 and 65535, or null.", "IoThreads must be between 1 and 256.", "AppendOnly needs DataDirectory."], refusal.Failures);
    }

    [Fact]
    public async Task TheHealthCheckTells()
    {
        using IHost host = Build(options => options.DataDirectory = _directory.Path);
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
        await host.StartAsync();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);

        SigrunServer server = host.Services.GetRequiredService<SigrunServer>();
        await using Stream connection = server.Connect();
        string obstacle = Path.Combine(_directory.Path, "dump.rdb");
        Directory.CreateDirectory(Path.Combine(obstacle, "x"));
        Assert.Equal("+Background saving started", await Ask(connection, "BGSAVE"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await health.CheckHealthAsync(patience.Token)).Status != HealthStatus.Degraded) await Task.Yield();
        Directory.Delete(obstacle, recursive: true);

        await server.StopAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
        await host.StopAsync();
    }

    [Fact]
    public async Task TheMeterHasItsFigures()
    {
        using IHost host = Build(_ => { });
        await host.StartAsync();
        await using Stream connection = host.Services.GetRequiredService<SigrunServer>().Connect();
        foreach (string command in (string[])["SET a 1", "GET a", "GET b", "NONESUCH"]) await Ask(connection, command);

        var values = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        IMeterFactory meters = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Sigrun" && instrument.Meter.Scope == meters) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.Start();
        Record(listener, () => values.Count == Instruments);
        Assert.Equal((1, 1, 1, 1, 3), (values["sigrun.clients"], values["sigrun.keys"], values["sigrun.keyspace.hits"], values["sigrun.keyspace.misses"],
            values["sigrun.commands"]));
        Assert.Equal(1, values["sigrun.errors"]);
        Assert.True(values["sigrun.memory.used"] > 0 && values["sigrun.network.received"] > 0 && values["sigrun.network.sent"] > 0);
        await host.StopAsync();
    }

    [Theory]
    [InlineData("SHUTDOWN NOSAVE", LogLevel.Error, true)]
    [InlineData("DEBUG PANIC", LogLevel.Critical, true)]
    [InlineData("SHUTDOWN NOSAVE", LogLevel.Error, false)]
    public async Task AServerThatEndsStopsTheHost(string end, LogLevel level, bool stops)
    {
        using IHost host = Build(options =>
        {
            options.StopsHost = stops;
            options.Directives["enable-debug-command"] = "yes";
        });
        await host.StartAsync();
        SigrunServer server = host.Services.GetRequiredService<SigrunServer>();
        await using Stream connection = server.Connect();
        await Ask(connection, "SET a 1");
        await connection.WriteAsync(Encoding.ASCII.GetBytes(end + "\r\n"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        if (stops) await host.WaitForShutdownAsync(patience.Token);
        while (!_logs.Lines.Any(line => line.Category == "Sigrun" && line.Level == level))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        if (stops) return;
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        await host.StopAsync();
    }

    [Fact]
    public async Task NothingIsMeasuredAfterTheEnd()
    {
        using IHost host = Build(options => options.StopsHost = false);
        await host.StartAsync();
        var measured = new HashSet<string>();
        using var listener = new MeterListener();
        IMeterFactory meters = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Sigrun" && instrument.Meter.Scope == meters) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => measured.Add(instrument.Name));
        listener.SetMeasurementEventCallback<int>((instrument, _, _, _) => measured.Add(instrument.Name));
        listener.Start();
        Record(listener, () => measured.Count == Instruments);
        await host.Services.GetRequiredService<SigrunServer>().StopAsync();
        measured.Clear();
        listener.RecordObservableInstruments();
        Assert.Empty(measured);
        await host.StopAsync();
    }

    /// <summary>Measures until all is there: a server that does not answer soon enough is measured the next time.</summary>
    private static void Record(MeterListener listener, Func<bool> isComplete)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            listener.RecordObservableInstruments();
        }
        while (!isComplete());
    }

    [Fact]
    public async Task TheHealthCheckIsConfigurable()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddSigrun();
        builder.Services.AddHealthChecks().AddSigrun(failureStatus: HealthStatus.Degraded, timeout: TimeSpan.FromSeconds(7));
        using IHost host = builder.Build();
        HealthCheckRegistration registration = Assert.Single(host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations);
        Assert.Equal(TimeSpan.FromSeconds(7), registration.Timeout);
        Assert.Equal(HealthStatus.Degraded, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
    }

    private IHost Build(Action<SigrunServerOptions> configure)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(_logs);
        builder.Services.AddSigrun(configure);
        builder.Services.AddHealthChecks().AddSigrun();
        return builder.Build();
    }

    private sealed record LogEntry(string Category, LogLevel Level, string Message);

    private sealed class RecordingLogs : ILoggerProvider
    {
        public ConcurrentQueue<LogEntry> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, Lines);

        public void Dispose()
        {
        }

        private sealed class Recorder(string category, ConcurrentQueue<LogEntry> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue(new LogEntry(category, logLevel, formatter(state, exception)));
        }
    }
}
