using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sigrun;
using Sigrun.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a Sigrun server to a generic host.</summary>
public static class SigrunServiceCollectionExtensions
{
    /// <summary>
    /// Adds a server that starts and stops with the host: its data is loaded when the host has started, and saved when it
    /// stops. <see cref="SigrunServer"/> can be asked for, and used once the host has started; its log goes to the category
    /// <c>Sigrun</c>, its figures to the meter of that name. Should the server end before the host, the host stops, unless
    /// <see cref="SigrunServerOptions.StopsHost"/> says otherwise.
    /// </summary>
    /// <remarks>
    /// A host has one server. Called again, this configures the same one further, after what was said before; so does
    /// <c>services.Configure&lt;SigrunServerOptions&gt;(section)</c>. Further servers are made with
    /// <see cref="SigrunServer(SigrunServerOptions?)"/>.
    /// </remarks>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">What the server is like; null for one without sockets and files.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddSigrun(this IServiceCollection services, Action<SigrunServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<SigrunServerOptions> options = services.AddOptions<SigrunServerOptions>().ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SigrunServerOptions>, SigrunOptionsValidator>());
        services.AddMetrics();
        services.TryAddSingleton(Create);
        services.AddHostedService<SigrunHostedService>();
        return services;
    }

    /// <summary>Adds a check of the server that <see cref="AddSigrun(IServiceCollection, Action{SigrunServerOptions})"/> has added.</summary>
    /// <remarks>Unhealthy: it does not run. Degraded: what it was to write to disk could not be written.</remarks>
    /// <param name="builder">The checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="failureStatus">What is reported when the server does not run; null for unhealthy.</param>
    /// <param name="timeout">How long the check waits for a server that is busy with one long command; null for ever.</param>
    /// <returns>The same checks.</returns>
    public static IHealthChecksBuilder AddSigrun(this IHealthChecksBuilder builder, string name = "sigrun", IEnumerable<string>? tags = null,
        HealthStatus? failureStatus = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name,
            static provider => new SigrunHealthCheck(provider.GetRequiredService<SigrunServer>()), failureStatus, tags, timeout));
    }

    private static SigrunServer Create(IServiceProvider provider)
    {
        // The options are everybody's.
        SigrunServerOptions options = provider.GetRequiredService<IOptions<SigrunServerOptions>>().Value.Copy();
        if (provider.GetService<ILoggerFactory>() is { } loggers) options.Log += new SigrunLogger(loggers.CreateLogger(SigrunLogger.Category)).Log;
        return new SigrunServer(options);
    }
}
