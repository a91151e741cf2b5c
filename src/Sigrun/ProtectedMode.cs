namespace Sigrun;

/// <summary>What a client from another host is told while no password protects the server.</summary>
internal static class ProtectedMode
{
    /// <summary>The error, as it is sent.</summary>
    public static ReadOnlySpan<byte> Refusal =>
        "-DENIED Running in protected mode because protected mode is enabled and no password is set for the default user. "u8
        + "In this mode connections are only accepted from the loopback interface. "u8
        + "If you want to connect from external computers, you may adopt one of the following solutions: "u8
        + "1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface "u8
        + "by connecting from the same host the server is running, however MAKE SURE it's not publicly accessible "u8
        + "from internet if you do so. Use CONFIG REWRITE to make this change permanent. "u8
        + "2) Alternatively you can just disable the protected mode by editing the configuration file, and setting the "u8
        + "protected mode option to 'no', and then restarting the server. "u8
        + "3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. "u8
        + "4) Set up an authentication password for the default user. "u8
        + "NOTE: You only need to do one of the above things in order for the server to start accepting connections "u8
        + "from the outside.\r\n"u8;
}
