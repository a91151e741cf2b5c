using Sigrun.Clients;
using Sigrun.Configuration;

namespace Sigrun.Commands;

/// <summary>Who may use the commands that can do the server harm: DEBUG and MODULE.</summary>
internal static class ProtectedCommands
{
    /// <summary>What a client is told that may not use a protected command; null when it may.</summary>
    public static string? Refusal(ClientSession client, int commandId)
    {
        SecuritySettings security = client.Engine.Settings.Security;
        bool isDebug = commandId == CommandIds.Debug;
        return IsAllowed(isDebug ? security.EnableDebugCommand : security.EnableModuleCommand, client)
            ? null
            : isDebug ? Refusal("DEBUG", "enable-debug-command") : Refusal("MODULE", "enable-module-command");
    }

    private static bool IsAllowed(ProtectedAction action, ClientSession client) => action switch
    {
        ProtectedAction.Yes => true,
        ProtectedAction.Local => client.Connection is { IsLocal: true },
        _ => false,
    };

    private static string Refusal(string command, string option) => $"ERR {command} command not allowed. If the {option} option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.";
}
