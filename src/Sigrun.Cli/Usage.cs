namespace Sigrun.Cli;

/// <summary>What the tool says about itself.</summary>
internal static class Usage
{
    /// <summary>The name of the tool.</summary>
    public const string ToolName = "sigrun-cli";

    /// <summary>The version of the tool.</summary>
    public static string Version => typeof(Usage).Assembly.GetName().Version!.ToString(3);

    /// <summary>The answer to --help.</summary>
    public static string Text => $"""
        {ToolName} {Version}

        Usage: {ToolName} [options] [command [argument ...]]

        Without a command the tool asks for one after the other; from a pipe it reads one per line.

        Where the server is
          -h <host>           Host name or address (127.0.0.1).
          -p <port>           Port (6379).
          -s <path>           Unix socket, in place of host and port.
          -u <uri>            valkey://user:password@host:port/database; valkeys:// for TLS, redis:// and rediss:// likewise.
          -t <seconds>        How long connecting may take; 0, the default, leaves it to the system.
          -4, -6              Which addresses of a host come first.
          --mptcp             Use several paths (MPTCP).

        Logging in
          -a, --pass <word>   Password. Safer in the environment, as VALKEYCLI_AUTH.
          --user <name>       User; needs a password.
          --askpass           Ask for the password.
          --no-auth-warning   Be silent on passwords on the command line.
          -n <number>         Database.

        TLS
          --tls               Encrypt the connection.
          --sni <host>        Name to send to the server.
          --cacert <file>     Certificates to trust; without this and the next, those of the system.
          --cacertdir <dir>   Directory with such files.
          --insecure          Trust any certificate.
          --cert <file>       Certificate of this client.
          --key <file>        Its key.
          --tls-ciphers <list>       Names of ciphers up to TLS 1.2, separated by colons.
          --tls-ciphersuites <list>  Names of cipher suites of TLS 1.3.

        What is sent
          -r <count>          Repeat the command; a negative number for ever.
          -i <seconds>        Wait in between, decimals allowed. Also the pace of --stat and --scan, and of the searches for
                              keys, there once per 100 calls.
          -x                  Append the standard input as the last argument.
          -X <tag>            Put the standard input in the place of the argument <tag>.
          --quoted-input      Arguments are quoted strings: '"\x00"' is one byte.
          -2, -3              Speak RESP2 or RESP3.
          --eval <file> [key ...] [, argument ...]   Send a script with EVAL.
          --pipe              Send the standard input as it is, in the protocol's form.
          --pipe-timeout <seconds>   Then give up when no reply comes for so long (30); 0 for never.

        How replies are shown
          --raw, --no-raw     For programs, or for people. The default depends on whether the output is a terminal.
          -d <delimiter>      What stands between parts of raw replies (\n).
          -D <delimiter>      What stands behind raw replies (\n).
          --csv               Values separated by commas.
          --json              JSON; asks for RESP3 unless -2 is given.
          --quoted-json       JSON in ASCII.
          -e                  End with an exit code of 1 when a command fails.
          --show-pushes <yn>  Whether to show messages that answer no command.

        Looking for keys
          --scan              List keys.
          --pattern <glob>    Only keys like this. Also for the searches below.
          --quoted-pattern <glob>    The same, as a quoted string.
          --type <type>       List only keys of this type.
          --count <number>    How many keys to look at per call (10).
          --bigkeys           Find the keys with the most elements.
          --memkeys           Find the keys that take the most memory.
          --memkeys-samples <number> The same, measuring so many elements of each.
          --hotkeys           Find the 16 keys that are used most. The server's maxmemory-policy must be one with LFU.
          --hotkeys-count <number>   Find so many.

        Measuring
          --stat              Show figures of the server again and again.
          --latency           Measure how long PING takes; for ever on a terminal, else for a second or as -i says.
          --latency-history   The same, with a new line every 15 seconds or as -i says.
          --latency-dist      The same as a spectrum of colours; --mono for greys.
          --intrinsic-latency <seconds>  Measure how long this system keeps a process waiting.
          --lru-test <keys>   Use the server as a cache for so many keys, some of them much more than others.

        --help, --version, --verbose (for tests of hints)

        Examples
          {ToolName} -u valkeys://bob@example.com/3 get greeting
          {ToolName} -x set picture < picture.png
          {ToolName} -r 10 -i 0.5 incr counter
          {ToolName} --scan --pattern 'user:*' --count 1000
          {ToolName} -D "" --raw dump a | {ToolName} -X payload restore b 0 payload

        """;
}
