using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Storage;

namespace Sigrun.Security.Ldap;

/// <summary>Whether a server is there.</summary>
/// <param name="Error">Why it is not; null while it is.</param>
/// <param name="PingNs">How long it took to answer when it was last asked; null when it was not yet.</param>
internal sealed record LdapHealth(string? Error, long? PingNs)
{
    /// <inheritdoc/>
    public override string ToString() => Error is null ? "HEALTHY" : $"UNHEALTHY: [{Error}]";
}

/// <summary>A server of the list, and the thread that looks whether it is there.</summary>
/// <remarks>
/// A thread per server, so that one that does not answer keeps none from noticing that another one has gone, or is back.
/// </remarks>
internal sealed class LdapServer : IDisposable
{
    private readonly LdapOptions _options;
    private readonly ServerLog _log;
    private readonly object _gate = new();
    private readonly Func<LdapOptions> _current;
    private LdapHealth _health = new(Error: null, PingNs: null);
    private bool _stopping;

    /// <summary>Begins to look after a server, which counts as there until it turns out not to be.</summary>
    /// <param name="url">Where it is.</param>
    /// <param name="options">How to connect.</param>
    /// <param name="current">The options as they are now.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">Where changes are logged.</param>
    /// <param name="threads">Starts the thread.</param>
    public LdapServer(LdapUrl url, LdapOptions options, Func<LdapOptions> current, IClock clock, ServerLog log, BackgroundThreads threads)
    {
        Url = url;
        Clock = clock;
        _options = options;
        _current = current;
        _log = log;
        threads.Start("ldap-health", Watch, LdapService.StackBytes);
    }

    /// <summary>Where it is.</summary>
    public LdapUrl Url { get; }

    /// <summary>The time.</summary>
    public IClock Clock { get; }

    /// <summary>Whether it is there.</summary>
    public LdapHealth Health => Volatile.Read(ref _health);

    /// <summary>Connects.</summary>
    /// <exception cref="LdapException">That fails.</exception>
    public LdapConnection Connect()
    {
        if (_log.IsEnabled(LogLevel.Verbose)) _log.Verbose($"<ldap> creating LDAP connection to {Url.Text}");
        return LdapConnection.Open(Url, _options, Clock);
    }

    /// <summary>Notes whether the server is there.</summary>
    public void Note(LdapHealth health)
    {
        lock (_gate)
        {
            if (_stopping) return;
            if (_health.Error is null != health.Error is null) _log.Notice($"<ldap> transition server {Url.Text} {_health} -> {health}");
            Volatile.Write(ref _health, health);
        }
    }

    /// <summary>How long the last answer took, as INFO shows it: milliseconds with as many digits as there are.</summary>
    public string? PingText => Health.PingNs is { } ns ? (ns / 1000 / 1000.0).ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>Looks again now, since the interval may be another.</summary>
    public void Wake()
    {
        lock (_gate) Monitor.Pulse(_gate);
    }

    /// <summary>Ends the thread after what it is about.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Watch()
    {
        using var line = new LdapLine(this);
        do
        {
            Check(line);
        }
        while (Pause());
    }

    private bool Pause()
    {
        lock (_gate)
        {
            if (!_stopping) Monitor.Wait(_gate, _current().DetectorIntervalMs);
            return !_stopping;
        }
    }

    private void Check(LdapLine line)
    {
        try
        {
            long ns = line.Use(connection =>
            {
                long start = Clock.MonotonicNanoseconds;
                connection.Ping(_current().OperationTimeoutMs);
                return Clock.MonotonicNanoseconds - start;
            });
            Note(new LdapHealth(Error: null, ns));
        }
        catch (LdapException fault)
        {
            Note(new LdapHealth(fault.Message, PingNs: null));
        }
    }
}
