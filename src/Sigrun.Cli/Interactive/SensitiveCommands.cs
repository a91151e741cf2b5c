namespace Sigrun.Cli.Interactive;

/// <summary>Commands with passwords, which are not written to the history file.</summary>
internal static class SensitiveCommands
{
    /// <summary>Whether a command is one of them.</summary>
    public static bool Contains(ReadOnlySpan<byte[]> command)
    {
        byte[] name = command[0];
        if (name.IsWord("auth")) return true;
        if (name.IsWord("acl")) return command.Length > 1 && command[1].IsAnyOf("deluser", "setuser", "getuser");
        if (name.IsWord("config")) return command.Length > 2 && command[1].IsWord("set") && SetsPassword(command);
        if (name.IsWord("hello")) return command.Length > 4 && LogsIn(command);
        if (name.IsWord("migrate")) return command.Length > 7 && CarriesPassword(command);
        return name.IsWord("sentinel") && command.Length > 4 && ConfiguresSentinel(command);
    }

    private static bool SetsPassword(ReadOnlySpan<byte[]> command)
    {
        for (int i = 2; i < command.Length; i += 2)
        {
            if (command[i].IsAnyOf("masterauth", "masteruser", "primaryuser", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass", "requirepass",
                "ldap.search_bind_passwd"))
                return true;
        }
        return false;
    }

    /// <summary>HELLO version [AUTH user password] [SETNAME name].</summary>
    private static bool LogsIn(ReadOnlySpan<byte[]> command)
    {
        for (int i = 2; i < command.Length; i++)
        {
            int rest = command.Length - 1 - i;
            if (command[i].IsWord("auth") && rest >= 2) return true;
            if (!command[i].IsWord("setname") || rest == 0) return false;
            i++;
        }
        return false;
    }

    /// <summary>MIGRATE host port key database timeout, and then options; keys come last.</summary>
    private static bool CarriesPassword(ReadOnlySpan<byte[]> command)
    {
        for (int i = 6; i < command.Length; i++)
        {
            int rest = command.Length - 1 - i;
            if ((command[i].IsWord("auth") && rest >= 1) || (command[i].IsWord("auth2") && rest >= 2)) return true;
            if (command[i].IsWord("keys") && rest >= 1) return false;
        }
        return false;
    }

    private static bool ConfiguresSentinel(ReadOnlySpan<byte[]> command) =>
        (command[1].IsWord("config") && command[2].IsWord("set") && command[3].IsAnyOf("sentinel-pass", "sentinel-user"))
        || (command[1].IsWord("set") && command[3].IsAnyOf("auth-pass", "auth-user"));
}
