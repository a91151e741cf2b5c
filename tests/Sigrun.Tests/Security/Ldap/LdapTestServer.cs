using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security.Ldap;

/// <summary>A server that asks a directory, and an administrator's connection to it.</summary>
internal sealed class LdapTestServer : IDisposable
{
    /// <param name="servers">The URLs of the directories.</param>
    /// <param name="configure">Changes settings before the start.</param>
    /// <param name="ioThreads">Threads for input and output.</param>
    public LdapTestServer(string servers, Action<LdapSettings>? configure = null, int ioThreads = 1)
    {
        Server = new TestServer(settings =>
        {
            settings.Observability.LogLevel = LogLevel.Verbose;
            settings.Network.IoThreads = ioThreads;
            settings.Ldap.Servers = servers;
            settings.Ldap.BindDnSuffix = ",dc=example,dc=com";
            settings.Ldap.SearchBase = "dc=example,dc=com";
            configure?.Invoke(settings.Ldap);
        });
        Apply();
        Admin = Server.Connect();
    }

    public TestServer Server { get; }

    public RespClient Admin { get; }

    public string Log => Server.LogLines.ToString();

    public string Status => Admin.Line("INFO ldap_status").Text;

    /// <summary>Makes users who have no password here.</summary>
    public void AddUsers(params string[] names)
    {
        foreach (string name in names) Assert.Equal("+OK", Admin.Send("ACL", "SETUSER", name, "on", "resetpass", "+@all", "~*"));
    }

    /// <summary>What a new client is told that logs in.</summary>
    public string LogIn(string user, string password)
    {
        using RespClient client = Server.Connect();
        return client.Send("AUTH", user, password);
    }

    /// <summary>Changes settings as CONFIG SET does.</summary>
    public void Change(Action<LdapSettings> change) => Server.OnEngine(engine =>
    {
        change(engine.Settings.Ldap);
        engine.Ldap.Apply();
        return true;
    });

    /// <summary>Clients that wait.</summary>
    public bool HasBlocked(int count) => Admin.Line("INFO clients").Text.Contains($"blocked_clients:{count}\r\n", StringComparison.Ordinal);

    public void Dispose()
    {
        Admin.Dispose();
        Server.Dispose();
    }

    private void Apply() => Change(static _ => { });
}
