namespace Sigrun.Benchmark;

/// <summary>How to use the tool.</summary>
internal static class HelpText
{
    /// <summary>What <c>--help</c> shows.</summary>
    public const string Usage = """
        Usage: sigrun-benchmark [OPTIONS] [--] [COMMAND ARGS...]

        Sends commands to a server over many connections and shows how many per second it answers, and how soon.
        Without a command a set of tests runs; -t chooses from it. Several commands are separated by ';' (quoted
        for the shell), and a number before one repeats it. In arguments these are replaced:

         __rand_int__       by a random number of 12 digits below the value of -r, another one each time it stands
                            in the command
         __rand_1st__ … __rand_9th__ (2nd, 3rd, 4th …)
                            likewise, but one number each for all places in the command
         __data__           by as many bytes as -d says

        Server:
         -h <host>          Host name or address (127.0.0.1)
         -p <port>          Port (6379)
         -s <socket>        Unix socket, instead of host and port
         -u <uri>           All in one: valkey://user:password@host:port/db, or valkeys:// for TLS
         -a <password>      Password
         --user <name>      User to log in as; needs -a
         --dbnum <db>       Database to select (0)
         -3                 Protocol version 3
         --enable-tracking  Has the server track what is read (CLIENT TRACKING ON)
         --mptcp            Multipath TCP

        TLS:
         --tls              Encrypt connections
         --sni <host>       Name of the server to ask for
         --cacert <file>    Authorities that are trusted
         --cacertdir <dir>  Directory of such files
         --insecure         Take any certificate
         --cert <file>      Certificate to show
         --key <file>       Its key
         --tls-ciphers <list>
                            Ciphers up to TLS 1.2, with ':' between them
         --tls-ciphersuites <list>
                            Cipher suites of TLS 1.3, likewise

        Load:
         -c <clients>       Connections (50)
         -n <requests>      Requests of each test (100000)
         --duration <s>     Seconds that each test takes, instead of -n
         --warmup <s>       Seconds before that are not counted
         -P <number>        Commands, or sequences of them, sent at once (1)
         -d <bytes>         Size of values (3)
         -r <keyspace>      Replace placeholders, also in the tests, by numbers from 0 to keyspace-1; without -r they
                            stay as they are and all commands use the same key
         --sequential       Numbers one after the other instead of random ones, counted for each placeholder by itself
         -k <0 or 1>        0 makes a new connection for every pipeline (1)
         --threads <n>      Threads that share the connections
         --rps <n>          Requests per second that are not exceeded (0: no limit)
         --seed <n>         Where random numbers start (anew each time)
         -t <tests>         Tests to run, with commas between them, by the names that are shown
         -x                 The last argument of the command comes from the standard input
         -I                 Only hold connections open
         -l                 Run forever
         --num-functions <n>
                            Functions in the library of the test function_load (10)
         --num-keys-in-fcall <n>
                            Keys passed in the test fcall (1)

        Output:
         -q                 One line per test
         --csv              Comma-separated values
         --precision <n>    Digits to which latencies are exact, 1 to 4 (3)
         --help             This text
         -v, --version      Version

        Examples:
         sigrun-benchmark -t set,get -P 16 -q
         sigrun-benchmark -t set -n 1000000 -r 100000000
         sigrun-benchmark -r 10000 -n 10000 lpush mylist __rand_int__
         sigrun-benchmark -- multi ';' set key:__rand_int__ __data__ ';' incr counter ';' exec


        """;
}
