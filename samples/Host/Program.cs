// A server in a generic host, beside a service that uses it through StackExchange.Redis. Its data is loaded from the directory
// named on the command line when the host starts, and saved there when it stops.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sigrun;
using StackExchange.Redis;

HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Services.AddSigrun(options =>
{
    options.Port = 0;
    options.DataDirectory = args.Length > 0 ? args[0] : null;
    options.Directives["maxmemory-policy"] = "allkeys-lru";
});
builder.Services.AddHealthChecks().AddSigrun();
builder.Services.AddHostedService<Visitor>();
await builder.Build().RunAsync();

/// <summary>Counts how often the program has run, and ends it.</summary>
internal sealed partial class Visitor(SigrunServer server, IHostApplicationLifetime lifetime, ILogger<Visitor> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port}");
        long visits = await redis.GetDatabase().StringIncrementAsync("visits");
        Report(visits);
        lifetime.StopApplication();
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Visits: {Visits}")]
    private partial void Report(long visits);
}
