using Sigrun.Observability;
using Sigrun.Storage;

namespace Sigrun.Security.Ldap;

/// <summary>Asks LDAP servers, on threads of its own: at most as many as connections to a server are allowed.</summary>
/// <remarks>
/// Each thread has its own connection to each server that it has asked, so that a pool of connections needs no bookkeeping.
/// Requests wait in a queue, one per client at most. The first server of the list that is there is asked; what fails because
/// of the connection is asked of the next one.
/// </remarks>
internal sealed class LdapService : IDisposable
{
    /// <summary>What a thread needs: a handshake of TLS is the deepest that happens on it.</summary>
    public const int StackBytes = 512 * 1024;

    private const string NoServers = "no server set in configuration. Please set ldap.servers config option";
    private const string NoHealthyServers = "all servers set in configuration are unhealthy. Please check the logs for more information";

    private readonly object _gate = new();
    private readonly Queue<LdapRequest> _queue = new();
    private readonly IClock _clock;
    private readonly ServerLog _log;
    private readonly BackgroundThreads _starter;
    private readonly Action<LdapRequest> _answered;
    private LdapOptions _options;
    private LdapServer[] _servers = [];
    private int _threads;
    private int _idle;
    private bool _stopping;

    /// <summary>Begins to look after servers; threads that ask them start when there is something to ask.</summary>
    /// <param name="options">Which servers, and how.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">Where it logs.</param>
    /// <param name="threads">Starts the threads.</param>
    /// <param name="answered">Called with each request when there is an answer, on some thread.</param>
    public LdapService(LdapOptions options, IClock clock, ServerLog log, BackgroundThreads threads, Action<LdapRequest> answered)
    {
        _starter = threads;
        _clock = clock;
        _log = log;
        _answered = answered;
        _options = options;
        ReplaceServers();
    }

    /// <summary>The options as they are now.</summary>
    public LdapOptions Options => Volatile.Read(ref _options);

    /// <summary>The servers in the order of the list.</summary>
    public LdapServer[] Servers => Volatile.Read(ref _servers);

    /// <summary>Takes over options that have changed. Connections that were made in another way are closed when they are free.</summary>
    /// <param name="options">The options.</param>
    /// <param name="reconnects">Whether connections have to be made anew.</param>
    public void Use(LdapOptions options, bool reconnects)
    {
        lock (_gate)
        {
            Volatile.Write(ref _options, options);
            if (reconnects) ReplaceServers();
            Monitor.PulseAll(_gate);
        }
        foreach (LdapServer server in Servers) server.Wake();
    }

    /// <summary>Asks, some time.</summary>
    public void Submit(LdapRequest request)
    {
        lock (_gate)
        {
            _queue.Enqueue(request);
            if (_idle >= _queue.Count || _threads >= _options.PoolSize)
            {
                Monitor.Pulse(_gate);
                return;
            }
            _threads++;
        }
        try
        {
            _starter.Start("ldap", Run, StackBytes);
        }
        catch (OutOfMemoryException)
        {
            OnNoThread();
        }
    }

    /// <summary>Ends the threads after what they are about. What still waits is answered: there is nobody to ask.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
        foreach (LdapServer server in Servers) server.Dispose();
        Volatile.Write(ref _servers, []);
        while (_queue.TryDequeue(out LdapRequest? request)) Answer(request, NoServers);
    }

    /// <summary>The system has no more threads. The others do the work, where there are any.</summary>
    private void OnNoThread()
    {
        lock (_gate)
        {
            if (--_threads > 0) return;
            while (_queue.TryDequeue(out LdapRequest? request)) Answer(request, "no thread can be started that would ask");
        }
    }

    private void ReplaceServers()
    {
        foreach (LdapServer server in _servers) server.Dispose();
        LdapOptions options = _options;
        Volatile.Write(ref _servers, Array.ConvertAll(LdapUrl.ParseAll(options.Link.Servers), url => new LdapServer(url, options, () => Options, _clock, _log, _starter)));
    }

    private void Run()
    {
        var lines = new Dictionary<LdapServer, LdapLine>();
        while (Take() is { } request)
        {
            DropOldLines(lines);
            if (request.IsAbandoned) continue;
            Answer(request, Ask(request, lines));
        }
        foreach (LdapLine line in lines.Values) line.Dispose();
    }

    /// <summary>The next request; null when the thread is to end.</summary>
    private LdapRequest? Take()
    {
        lock (_gate)
        {
            for (; ; )
            {
                if (_stopping || _threads > _options.PoolSize)
                {
                    _threads--;
                    return null;
                }
                if (_queue.TryDequeue(out LdapRequest? request)) return request;
                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }
        }
    }

    private void DropOldLines(Dictionary<LdapServer, LdapLine> lines)
    {
        LdapServer[] servers = Servers;
        foreach ((LdapServer server, LdapLine line) in lines)
        {
            if (Array.IndexOf(servers, server) >= 0) continue;
            line.Dispose();
            lines.Remove(server);
        }
    }

    /// <summary>Asks the servers in turn.</summary>
    /// <returns>Null, or why the user is not who he says.</returns>
    private string? Ask(LdapRequest request, Dictionary<LdapServer, LdapLine> lines)
    {
        LdapServer[] servers = Servers;
        if (servers.Length == 0) return NoServers;
        foreach (LdapServer server in servers)
        {
            if (server.Health.Error is not null) continue;
            if (!lines.TryGetValue(server, out LdapLine? line)) lines.Add(server, line = new LdapLine(server));
            try
            {
                return line.Use<string?>(connection =>
                {
                    LdapLogin.Authenticate(connection, request, _log);
                    return null;
                });
            }
            catch (LdapException fault) when (fault.IsConnection)
            {
                server.Note(new LdapHealth(fault.Message, PingNs: null));
            }
            catch (LdapException refusal)
            {
                return refusal.Message;
            }
        }
        return NoHealthyServers;
    }

    private void Answer(LdapRequest request, string? error)
    {
        request.Answer(error);
        _answered(request);
    }
}
