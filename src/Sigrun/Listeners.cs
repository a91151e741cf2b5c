using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Network.Tls;
using Sigrun.Observability;

namespace Sigrun;

/// <summary>
/// The sockets a server listens on, as <c>port</c>, <c>tls-port</c>, <c>bind</c> and <c>unixsocket</c> say. Belongs to the event
/// loop's thread.
/// </summary>
internal sealed class Listeners
{
    private readonly EventLoop _loop;
    private readonly EngineSettings _settings;
    private readonly TlsAcceptor _tls;
    private readonly ServerLog _log;
    private readonly ListenerGroup _plain = new(0, "tcp");
    private readonly ListenerGroup _unix = new(1, "unix");
    private readonly ListenerGroup _secured = new(2, "tls");

    public Listeners(EventLoop loop, EngineSettings settings, TlsAcceptor tls, ServerLog log)
    {
        _loop = loop;
        _settings = settings;
        _tls = tls;
        _log = log;
        Groups = [_plain, _unix, _secured];
    }

    /// <summary>The kinds of sockets, in their order.</summary>
    public ListenerGroup[] Groups { get; }

    /// <summary>Takes a port that is free where it is 0, instead of none.</summary>
    public bool ChoosesPort { get; set; }

    /// <summary>Whether a file stays that has the name of the Unix socket, and a server that accepts there; else they lose the name, as with Valkey.</summary>
    public bool SparesFiles { get; set; }

    /// <summary>Whether it is of no use to listen nowhere.</summary>
    public bool IsNeeded { get; set; } = true;

    /// <summary>Opens everything; false, with the reason in the log, when that fails.</summary>
    public bool Open()
    {
        int port = _settings.Network.Port;
        int securedPort = _settings.Tls.Port;
        if ((port != 0 || ChoosesPort) && !ReopenPlain()) return Abort(port, _plain);
        // From now on 0 is what it is for all servers.
        ChoosesPort = false;
        if (_settings.Network.UnixSocket is not null && !OpenUnix()) return false;
        if (securedPort != 0 && !ReopenSecured()) return Abort(securedPort, _secured);
        foreach (ListenerGroup group in Groups)
        {
            if (group.Open.Count > 0) return true;
        }
        if (!IsNeeded) return true;
        _log.Warning("Configured to not listen anywhere, exiting.");
        return false;
    }

    /// <summary>Reopens both ports; when one cannot be used, none is left open.</summary>
    public bool Reopen()
    {
        if (ReopenPlain() && (_settings.Tls.Port == 0 || ReopenSecured())) return true;
        Close(_plain);
        Close(_secured);
        return false;
    }

    /// <summary>Closes what is open of <c>port</c> and opens what the settings say; false when an address that must be there cannot be used.</summary>
    /// <remarks>The old sockets go first, since the new ones may be the same addresses.</remarks>
    public bool ReopenPlain() => Reopen(_plain, _settings.Network.Port, tls: null);

    /// <summary>Does so for <c>tls-port</c>.</summary>
    public bool ReopenSecured() => Reopen(_secured, _settings.Tls.Port, _tls);

    /// <summary>Removes the file of the Unix socket because the server ends.</summary>
    public void RemoveFile()
    {
        if (_unix.File is not { } file) return;
        _log.Notice("Removing the unix socket file.");
        if (file.TryRemove() is { } error) _log.Warning("Error removing the unix socket file: " + error);
    }

    private bool Abort(int port, ListenerGroup group)
    {
        _log.Warning($"Failed listening on port {port} ({group.Name}), aborting.");
        return false;
    }

    private bool OpenUnix()
    {
        NetworkSettings network = _settings.Network;
        _unix.Use(0, [network.UnixSocket!]);
        if (SparesFiles && SocketName.Obstacle(ConfigText.ToString(network.UnixSocket!)) is { } obstacle)
        {
            _log.Warning($"Failed opening Unix socket: {ConfigText.ToString(network.UnixSocket!)}: {obstacle}");
            return false;
        }
        var file = new UnixSocketFile(network.UnixSocket!, network.UnixSocketPermissions, network.UnixSocketGroup);
        if (_loop.TryListen(file, network.TcpBacklog, out ListenFailure failure) is not { } listener)
        {
            _log.Warning("Failed opening Unix socket: " + failure.Text);
            return false;
        }
        _unix.File = file;
        _unix.Open.Add(listener);
        return true;
    }

    private ListenOptions Options => new(_settings.Network.TcpBacklog, _settings.Network.SocketMark, _settings.Network.MultipathTcp);

    private bool Reopen(ListenerGroup group, int port, TlsAcceptor? tls)
    {
        Close(group);
        group.Use(port, _settings.Network.BindAddresses);
        if (port == 0 && !(ChoosesPort && group == _plain)) return true;
        foreach (string configured in group.Addresses)
        {
            bool optional = configured.StartsWith('-');
            string address = ConfigText.ToString(optional ? configured[1..] : configured);
            if (_loop.TryListen(address, port, Options, out ListenFailure failure, tls) is { } listener)
            {
                group.Open.Add(listener);
                if (port == 0) group.Use(port = _settings.Network.Port = listener.Port, group.Addresses);
                continue;
            }
            _log.Warning($"Warning: Could not create server TCP listening socket {address}:{port}: {failure.Text}");
            if (failure.Cause == ListenFailureCause.FamilyNotHere || (optional && failure.Cause == ListenFailureCause.AddressNotHere)) continue;
            Close(group);
            return false;
        }
        return true;
    }

    private void Close(ListenerGroup group)
    {
        foreach (Listener listener in group.Open) _loop.RemoveListener(listener);
        group.Open.Clear();
    }
}
