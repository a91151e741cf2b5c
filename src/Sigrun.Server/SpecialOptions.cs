namespace Sigrun.Server;

/// <summary>The arguments that make the program do something other than serve; they count only in first place.</summary>
internal static class SpecialOptions
{
    private const string Usage =
        """
        Usage: ./sigrun-server [/path/to/sigrun.conf] [options] [-]
               ./sigrun-server - (read config from stdin)
               ./sigrun-server -v or --version
               ./sigrun-server -h or --help

        Every directive of the configuration file is also an option: --name value.
        Files and options of Valkey and Redis are understood as they are.

        Examples:
               ./sigrun-server (run the server with default conf)
               echo 'maxclients 128' | ./sigrun-server -
               ./sigrun-server /etc/sigrun/6379.conf
               ./sigrun-server --port 7777
               ./sigrun-server /etc/mysigrun.conf --loglevel verbose -
               ./sigrun-server /etc/mysigrun.conf --loglevel verbose

        """;

    /// <summary>Does what the first argument asks for; null when it asks for the server.</summary>
    /// <returns>The exit code, or null.</returns>
    public static int? TryRun(string[] args)
    {
        switch (args.Length == 0 ? "" : args[0])
        {
            case "-v" or "--version":
                StandardStream.Output().Write($"{ServerIdentity.Name} server v={ServerIdentity.ValkeyVersion}"
                    + $" sha=00000000:0 malloc=sigrun bits=64 build=0 sigrun={ServerIdentity.Version}\n");
                return 0;
            case "-h" or "--help":
                StandardStream.Output().Write(Usage);
                return 0;
            case "--test-memory":
                return Refuse("This program does not test memory. Please use memtest86+ or memtester.\n");
            case "--check-system":
                return Refuse("This program does not check the system: it does not fork, so it does not depend on what is checked.\n");
            default:
                return null;
        }
    }

    private static int Refuse(string reason)
    {
        StandardStream.Error().Write(reason);
        return 1;
    }
}
