using Sigrun.Configuration;
using Sigrun.Network.Tls;

namespace Sigrun.Security;

/// <summary>Whom the server shows itself as to clients that connect with TLS, and whom it believes.</summary>
/// <remarks>
/// The files are read when the server starts, when a directive changes, and when <see cref="OnCron"/> finds that they have
/// changed; that happens on a thread of its own, since reading keys takes as long as hundreds of commands. New materials
/// are for connections to come. Belongs to the engine's thread.
/// </remarks>
/// <param name="engine">The engine.</param>
internal sealed class TlsIdentity(Engine engine) : IDisposable
{
    private const string NotUpdated = "Unable to update TLS configuration. Check server logs.";
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly TlsSettings _settings = engine.Settings.Tls;
    private TlsMaterials? _materials;
    private TlsReload? _reload;
    private long _lookedNs;
    private bool _isOutdated;

    /// <summary>What listeners secure connections with.</summary>
    public TlsAcceptor Acceptor { get; } = new();

    /// <summary>The server's certificate; null while there is no TLS.</summary>
    public CertificateFacts? Server => InUse?.Server;

    /// <summary>The certificate for connections to other servers, where it is another one; null while there is no TLS.</summary>
    public CertificateFacts? Client => InUse?.Client;

    /// <summary>The authority whose certificate ends first; null while there is no TLS.</summary>
    public CertificateFacts? Authority => InUse?.Authority;

    private TlsMaterials? InUse => _settings.Port != 0 ? _materials : null;

    /// <summary>Reads everything; false, with the reason in the log, when it cannot be used. What was in use stays, then.</summary>
    public bool TryConfigure()
    {
        engine.Log.Debug(_materials is null ? "Configuring TLS" : "Reconfiguring TLS");
        if (TlsSourceReader.TryRead(_settings, out string error) is not { } source)
        {
            engine.Log.Warning(error);
            return false;
        }
        try
        {
            List<string> complaints = [];
            TlsMaterials? materials = TlsMaterials.TryRead(source, TlsFileState.Look(source, complaints), out error);
            if (materials is not null)
            {
                complaints.ForEach(engine.Log.Warning);
                Use(materials);
                return true;
            }
        }
        catch (DllNotFoundException)
        {
            error = "TLS needs OpenSSL 3 (libssl.so.3 and libcrypto.so.3), which this system does not have.";
        }
        engine.Log.Warning(error);
        return false;
    }

    /// <summary>A directive about certificates or protocols has changed; without TLS they are read when it is wanted.</summary>
    public string? ApplyMaterials()
    {
        if (_settings.Port != 0) return TryConfigure() ? null : NotUpdated;
        _isOutdated = true;
        return null;
    }

    /// <summary>The port has changed: makes sure that there is something to secure connections with.</summary>
    public string? ApplyPort() => (_materials is not null && !_isOutdated) || TryConfigure() ? null : NotUpdated;

    /// <summary>A directive has changed that needs no files.</summary>
    public string? ApplyRules()
    {
        Acceptor.AcceptsPerTurn = (int)engine.Settings.Network.MaxNewTlsConnectionsPerCycle;
        Acceptor.PeerCheck = _settings.AuthClients switch
        {
            TlsAuthClients.No => PeerCheck.None,
            TlsAuthClients.Optional => PeerCheck.IfShown,
            _ => PeerCheck.Required,
        };
        return null;
    }

    /// <summary>Has the directives do what they say from now on.</summary>
    public void Follow(ServerConfiguration configuration)
    {
        configuration.OnApply(ApplyRules, "tls-auth-clients", "max-new-tls-connections-per-cycle");
        configuration.OnApply(ApplyMaterials, "tls-session-cache-size", "tls-session-cache-timeout", "tls-auto-reload-interval",
            "tls-prefer-server-ciphers", "tls-session-caching", "tls-cert-file", "tls-key-file", "tls-key-file-pass",
            "tls-client-cert-file", "tls-client-key-file", "tls-client-key-file-pass", "tls-dh-params-file", "tls-ca-cert-file",
            "tls-ca-cert-dir", "tls-protocols", "tls-ciphers", "tls-ciphersuites");
    }

    /// <summary>Looks, as often as <c>tls-auto-reload-interval</c> says, whether files have changed.</summary>
    public void OnCron()
    {
        if (_reload is { IsDone: true } reload)
        {
            _reload = null;
            Finish(reload);
        }
        int interval = _settings.AutoReloadIntervalSeconds;
        if (interval == 0 || _reload is not null || InUse is not { } materials) return;
        if (engine.MonotonicNs - _lookedNs < interval * NanosecondsPerSecond) return;
        _lookedNs = engine.MonotonicNs;
        if (TlsSourceReader.TryRead(_settings, out _) is not { } source) return;
        engine.Log.Debug("Background TLS reconfiguration started");
        _reload = new TlsReload(source, materials.Files, engine.Threads, engine.BackgroundProcessors);
    }

    /// <summary>Releases everything.</summary>
    public void Dispose()
    {
        _reload?.Wait();
        _reload?.Materials?.Dispose();
        _materials?.Dispose();
    }

    private void Finish(TlsReload reload)
    {
        reload.Complaints.ForEach(engine.Log.Warning);
        if (!reload.HasChanged)
        {
            engine.Log.Debug("TLS reload skipped: materials unchanged");
            return;
        }
        engine.Log.Notice("TLS materials changed, reloading in background");
        if (reload.Materials is not { } materials)
        {
            engine.Log.Warning(reload.Error);
            engine.Log.Warning("Background TLS reload failed");
            return;
        }
        engine.Log.Debug("Background TLS reload parsed TLS materials successfully");
        // A directive may have changed meanwhile, and what was read for it is newer.
        if (_materials is { } current && !ReferenceEquals(current.Files, reload.Before))
        {
            materials.Dispose();
            return;
        }
        Use(materials);
        engine.Log.Notice("TLS materials reloaded successfully");
    }

    private void Use(TlsMaterials materials)
    {
        Acceptor.Context = materials.Context;
        _materials?.Dispose();
        _materials = materials;
        _isOutdated = false;
        _lookedNs = engine.MonotonicNs;
        ApplyRules();
    }
}
