using Sigrun.Clients;
using Sigrun.Configuration;
using Sigrun.Network.Tls;

namespace Sigrun.Security;

/// <summary>Logs clients in as the user that their certificate names, where <c>tls-auth-clients-user</c> says so.</summary>
internal static class CertificateLogin
{
    /// <summary>Logs the client in, if its certificate names a user who may; otherwise it stays who it was.</summary>
    public static void Apply(ClientSession client)
    {
        Engine engine = client.Engine;
        TlsUserField field = engine.Settings.Tls.AuthClientsUser;
        if (field == TlsUserField.Off) return;
        bool isUri = field == TlsUserField.Uri;
        IReadOnlyList<byte[]>? names = client.Connection!.PeerNames(isUri ? PeerNameField.Uri : PeerNameField.CommonName);
        if (names is null) return;
        foreach (byte[] name in names)
        {
            if (engine.Users.Find(ConfigText.FromBytes(name)) is not { IsEnabled: true } user) continue;
            client.SetUser(user, isAuthenticated: true);
            engine.Log.Verbose("TLS: Auto-authenticated client as " + ForLog(engine, user.Name));
            return;
        }
        if (isUri) engine.Log.Verbose("TLS: No matching user found in certificate SAN URI fields");
        else if (names.Count == 0) engine.Log.Debug("TLS: Failed to extract CN in certificate subject");
        else engine.Log.Verbose($"TLS: No matching user found for certificate CN '{ForLog(engine, ConfigText.FromBytes(names[0]))}'");
        if (names.Count > 0) engine.AclLog.AddRefusedCertificate(client, names[^1]);
    }

    private static string ForLog(Engine engine, string name) => engine.Settings.Observability.HideUserDataFromLog ? "*redacted*" : name;
}
