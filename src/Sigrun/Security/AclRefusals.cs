using Sigrun.Commands;
using Sigrun.Configuration;

namespace Sigrun.Security;

/// <summary>What clients are told that may not do something.</summary>
internal static class AclRefusals
{
    /// <summary>The error reply to a command.</summary>
    public static string ToCommand(AclDenial denial, AclUser user, int commandId) => "NOPERM " + denial switch
    {
        AclDenial.Command => OnCommand(user, commandId),
        AclDenial.Key => "No permissions to access a key",
        AclDenial.Channel => "No permissions to access a channel",
        _ => "No permissions to access database",
    };

    /// <summary>The error reply to a command that was queued when it was allowed.</summary>
    public static string ToQueued(AclDenial denial) =>
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer "
        + "allowed for the following reason: " + denial switch
        {
            AclDenial.Command => "no permission to execute the command or subcommand",
            AclDenial.Key => "no permission to touch the specified keys",
            AclDenial.Channel => "no permission to access one of the channels used as arguments",
            _ => "no permission",
        };

    /// <summary>What ACL DRYRUN says, which names the argument that is to blame.</summary>
    public static string InDetail(AclDenial denial, AclUser user, int commandId, ReadOnlySpan<byte> argument) => denial switch
    {
        AclDenial.Command => OnCommand(user, commandId),
        AclDenial.Key => $"User {user.Name} has no permissions to access the '{ConfigText.FromBytes(argument)}' key",
        AclDenial.Channel => $"User {user.Name} has no permissions to access the '{ConfigText.FromBytes(argument)}' channel",
        _ => $"User {user.Name} has no permissions to access database {ConfigText.FromBytes(CommandErrors.UpToNul(argument))}",
    };

    private static string OnCommand(AclUser user, int commandId) =>
        $"User {user.Name} has no permissions to run the '{ConfigText.FromBytes(CommandTable.FullName(commandId))}' command";
}
