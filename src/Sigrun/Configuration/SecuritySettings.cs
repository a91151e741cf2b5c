using Sigrun.Commands;
using Sigrun.Security;
using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>Passwords, users and what administrative commands may do.</summary>
internal sealed class SecuritySettings
{
    /// <summary>Password of the default user; null asks for none.</summary>
    public string? RequirePass;

    /// <summary>File of users; empty uses none.</summary>
    public string? AclFile = "";

    /// <summary>The users that lines of the configuration declare.</summary>
    public List<AclUserLine> Users { get; } = [];

    /// <summary>What commands are called by, after <c>rename-command</c>.</summary>
    public CommandNames CommandNames { get; } = new();

    /// <summary>Channels of a new user.</summary>
    public AclPubSubDefault AclPubSubDefault = AclPubSubDefault.ResetChannels;

    /// <summary>Refusals remembered by ACL LOG.</summary>
    public long AclLogMaxLength = 128;

    /// <summary>Who may change protected directives.</summary>
    public ProtectedAction EnableProtectedConfigs;

    /// <summary>Who may use DEBUG.</summary>
    public ProtectedAction EnableDebugCommand;

    /// <summary>Who may use MODULE.</summary>
    public ProtectedAction EnableModuleCommand;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.OptionalText(Works, "requirepass", static s => ref s.Security.RequirePass, flags: Sensitive);
        table.Text(Works, "aclfile", static s => ref s.Security.AclFile, flags: Immutable);
        table.Word(Works, "acl-pubsub-default", static s => (int)s.Security.AclPubSubDefault,
            static (s, v) => s.Security.AclPubSubDefault = (AclPubSubDefault)v, Words.AclPubSubDefault);
        table.Long(Works, "acllog-max-len", static s => ref s.Security.AclLogMaxLength, 0, long.MaxValue);
        table.Word(Works, "enable-protected-configs", static s => (int)s.Security.EnableProtectedConfigs,
            static (s, v) => s.Security.EnableProtectedConfigs = (ProtectedAction)v, Words.ProtectedAction, flags: Immutable);
        table.Word(Works, "enable-debug-command", static s => (int)s.Security.EnableDebugCommand,
            static (s, v) => s.Security.EnableDebugCommand = (ProtectedAction)v, Words.ProtectedAction, flags: Immutable);
        table.Word(Works, "enable-module-command", static s => (int)s.Security.EnableModuleCommand,
            static (s, v) => s.Security.EnableModuleCommand = (ProtectedAction)v, Words.ProtectedAction, flags: Immutable);
    }
}
