using Sigrun.Commands;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Security.Ldap;

namespace Sigrun.Security;

/// <summary>Logs a client in, for AUTH and HELLO: by LDAP where that is on and says yes, else by the user's own passwords.</summary>
internal static class LogIn
{
    /// <summary>Makes somebody the client's user. False when that fails, which the client was told, or when the client has to wait first.</summary>
    public static bool Try(CommandContext c, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        switch (c.Engine.Ldap.Ask(c, user, password))
        {
            case LdapVerdict.Confirmed:
                return TryAs(c, user);
            case LdapVerdict.NotConfirmed:
                return TryByPassword(c, user, password);
            default:
                return false;
        }
    }

    /// <summary>A directory knows who people are, not what they may do here.</summary>
    private static bool TryAs(CommandContext c, ReadOnlySpan<byte> user)
    {
        if (c.Engine.Users.Find(ConfigText.FromBytes(user)) is not { IsEnabled: true } found) return c.Refuse("ERR Failed to authenticate with ACL"u8);
        c.Client.SetUser(found, isAuthenticated: true);
        ServerLog log = c.Engine.Log;
        if (log.IsEnabled(LogLevel.Verbose)) log.Verbose($"<ldap> successfully authenticated LDAP user {LdapText.Printable(user)}");
        return true;
    }

    private static bool TryByPassword(CommandContext c, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (c.Engine.Users.Authenticate(user, password) is not { } found)
        {
            c.Engine.AclLog.AddFailedLogin(c, user);
            return c.Refuse("WRONGPASS invalid username-password pair or user is disabled."u8);
        }
        c.Client.SetUser(found, isAuthenticated: true);
        return true;
    }
}
