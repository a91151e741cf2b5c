using Sigrun.Blocking;
using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun.Security.Ldap;

/// <summary>What LDAP has to say about somebody who logs in.</summary>
internal enum LdapVerdict : byte
{
    /// <summary>Nothing, or no: the user's own passwords decide.</summary>
    NotConfirmed,

    /// <summary>It is who he says.</summary>
    Confirmed,

    /// <summary>The client waits for the answer, and its command runs again then.</summary>
    Pending,

    /// <summary>It cannot be asked now, and the client was told so.</summary>
    Refused,
}

/// <summary>Logging in by LDAP, as the engine's thread sees it: a client waits, as in a blocking command, until there is an answer.</summary>
/// <remarks>
/// While no server is configured this is one comparison, and nothing of the rest is loaded. The user has to exist here,
/// since that is where it stands what he may do.
/// </remarks>
internal sealed class LdapAuthentication(Engine engine, IClock clock) : IDisposable
{
    private Dictionary<ClientSession, LdapRequest>? _requests;
    private LdapService? _service;

    /// <summary>Runs an action on the engine's thread; from any thread. Set by whoever runs the engine.</summary>
    public Action<Action> Post { get; set; } = static _ => { };

    /// <summary>Takes over the settings.</summary>
    /// <param name="reconnects">Whether how connections are made has changed, or the certificates have.</param>
    public void Apply(bool reconnects = true)
    {
        if (string.IsNullOrWhiteSpace(engine.Settings.Ldap.Servers))
        {
            _service?.Dispose();
            _service = null;
            return;
        }
        var options = new LdapOptions(engine.Settings.Ldap);
        if (reconnects && options.Link.SkipVerify)
            engine.Log.Warning("<ldap> ldap.tls_skip_verify is on: whoever is between here and the LDAP servers can learn passwords");
        if (_service is null) _service = new LdapService(options, clock, engine.Log, engine.Threads, request => Post(() => OnAnswered(request)));
        else _service.Use(options, reconnects);
    }

    /// <summary>Asks about a user, or says what the answer was when the command runs again.</summary>
    public LdapVerdict Ask(CommandContext c, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (_service is null && _requests is null) return LdapVerdict.NotConfirmed;
        if (engine.Executor.IsRerunning && _requests is not null && _requests.Remove(c.Client, out LdapRequest? answered)) return VerdictOn(answered);
        if (_service is not { } service) return LdapVerdict.NotConfirmed;
        if (password.IsEmpty)
        {
            // A server would take it for somebody who does not want to say who he is, and let him in.
            LogFailure(user, "an empty password is not asked for");
            return LdapVerdict.NotConfirmed;
        }
        if (!c.MayBlock)
        {
            c.Reply.Error("ERR Blocking module command called from transaction"u8);
            return LdapVerdict.Refused;
        }
        if (engine.Log.IsEnabled(LogLevel.Verbose)) engine.Log.Verbose($"<ldap> starting authentication for user={LdapText.Printable(user)}");
        var request = new LdapRequest(c.Client, user, password, service.Options);
        _requests ??= [];
        _requests.Add(c.Client, request);
        c.Block(default, 0, 0, 0, BlockedReply.Never);
        service.Submit(request);
        return LdapVerdict.Pending;
    }

    /// <summary>A client is gone.</summary>
    public void Forget(ClientSession client)
    {
        if (_requests is not null && _requests.Remove(client, out LdapRequest? request)) request.Abandon();
    }

    /// <summary>Writes the section of INFO.</summary>
    public void WriteStatus(InfoWriter info)
    {
        if (_service is null) return;
        info.Section("ldap_status");
        LdapServer[] servers = _service.Servers;
        for (int i = 0; i < servers.Length; i++)
        {
            LdapServer server = servers[i];
            string text = "host=" + server.Url.UrlHost;
            if (server.Health.Error is { } error) text += ",status=unhealthy,error=" + error;
            else text += ",status=healthy" + (server.PingText is { } ping ? ",ping_time_ms=" + ping : "");
            info.Field("ldap_server_" + i, text);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Post = static _ => { };
        _service?.Dispose();
        _service = null;
    }

    private LdapVerdict VerdictOn(LdapRequest request)
    {
        if (request.Error is null) return LdapVerdict.Confirmed;
        LogFailure(request.User, request.Error);
        return LdapVerdict.NotConfirmed;
    }

    private void LogFailure(ReadOnlySpan<byte> user, string error)
    {
        if (engine.Log.IsEnabled(LogLevel.Verbose)) engine.Log.Verbose($"<ldap> failed to authenticate LDAP user {LdapText.Printable(user)}");
        engine.Log.Warning("<ldap> LDAP authentication failure: " + error);
    }

    /// <summary>Lets the client's command run again, unless the client does not wait any more.</summary>
    private void OnAnswered(LdapRequest request)
    {
        ClientSession client = request.Client;
        if (client.IsBlocked && _requests?.GetValueOrDefault(client) == request) engine.Executor.Rerun(client);
    }
}
