using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Configuration;

/// <summary>
/// Random directives with random values, by file, by argument and by CONFIG SET: each is taken and shown again, or refused with
/// a message and without effect. SIGRUN_CONFIG_FUZZ says how many pairs, SIGRUN_CONFIG_SEED which.
/// </summary>
public sealed class ConfigurationFuzzTests
{
    private const string Head = "\n*** FATAL CONFIG FILE ERROR (Version 9.1.0) ***\n";

    private static readonly string[] Values =
    [
        "", "yes", "no", "0", "1", "-1", "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "18446744073709551616",
        "1gb", "1kb", "10%", "101%", "-5", "0.5", "1e9", "777", "888", "abc", "a b c", " x ", "\"", "'", "\\", "\u0000", "\u00ff\u0001\n\r\t", "*", "everysec",
        "always", "default", "nosave now", "debug", "warning", "allkeys-lru", "3600 1", "0 0", "1 2 3 4 5 6 7", "normal 0 0 0", "pubsub 1mb 1 60",
        "127.0.0.1", "-::1", "localhost 6379", "no one", "/tmp", "/nonexistent/x", "KEA", "Q", "50 99.9 101", "~* +@all", "{title}", "0,2-3", "TLSv1.2 TLSv1.3",
    ];

    /// <summary>What would take the connection away on which the test talks to the server, or the files of others.</summary>
    private static readonly string[] NotLive =
        ["bind", "port", "tls-port", "maxmemory-clients", "client-output-buffer-limit", "timeout", "dir", "aclfile", "maxclients", "requirepass"];

    private static readonly int Pairs = Setting("SIGRUN_CONFIG_FUZZ", 4000);
    private static readonly int Seed = Setting("SIGRUN_CONFIG_SEED", 1);

    [Fact]
    public void ByFile() => Load((name, value) => configuration => configuration.LoadText($"{name} {value}"));

    [Fact]
    public void ByArgument() => Load((name, value) => configuration =>
        configuration.Load(CommandLine.Parse(["--" + name, value]), static () => throw new InvalidOperationException()));

    [Fact]
    public void BySet()
    {
        Random chance = new(Seed);
        ServerConfiguration configuration = new("/");
        for (int i = 0; i < Pairs; i++)
        {
            string[] pairs = [.. Enumerable.Range(0, chance.Next(1, 4)).SelectMany(_ => Pair(chance, configuration))];
            List<KeyValuePair<string, string>> before = configuration.Get(["*"]);
            string? error = configuration.Set(pairs, protectedAllowed: true, loading: false);
            if (error is null) continue;
            Assert.StartsWith("ERR ", error, StringComparison.Ordinal);
            Assert.Equal(before, configuration.Get(["*"]));
        }
    }

    [Fact]
    public void BySetOfARunningServer()
    {
        Random chance = new(Seed);
        using ServerProcess server = ServerProcess.StartSigrun("--enable-protected-configs", "yes");
        using RespClient client = server.Connect();
        ServerConfiguration names = new("/");
        for (int i = 0; i < Pairs / 4; i++)
        {
            string[] pair = Pair(chance, names);
            if (NotLive.Contains(pair[0])) continue;
            RespValue before = client.Send("CONFIG", "GET", pair[0]);
            RespValue reply = client.Send("CONFIG", "SET", pair[0], pair[1]);
            if (reply.Kind == '-') Assert.Equal(before.ToString(), client.Send("CONFIG", "GET", pair[0]).ToString());
            else Assert.Equal("+OK", reply);
        }
        Assert.Equal("+PONG", client.Send("PING"));
    }

    private static void Load(Func<string, string, Action<ServerConfiguration>> load)
    {
        Random chance = new(Seed);
        ServerConfiguration names = new("/");
        for (int i = 0; i < Pairs; i++)
        {
            string[] pair = Pair(chance, names);
            ServerConfiguration configuration = new("/");
            try
            {
                load(pair[0], pair[1])(configuration);
            }
            catch (ConfigurationException fault)
            {
                Assert.True(fault.IsLogLine || fault.Message.StartsWith(Head, StringComparison.Ordinal), fault.Message);
                continue;
            }
            // What was taken survives being written down.
            ServerConfiguration again = new("/");
            again.LoadText(new ConfigurationRewrite(configuration, writesAll: false).Apply("", []));
            Assert.Equal(configuration.Get(["*"]), again.Get(["*"]));
        }
    }

    private static string[] Pair(Random chance, ServerConfiguration configuration)
    {
        Directive directive = configuration.Directives[chance.Next(configuration.Directives.Count)];
        string value = chance.Next(4) switch
        {
            0 => directive.Get(configuration.Settings) + Values[chance.Next(Values.Length)],
            1 => chance.Next(1000).ToString(CultureInfo.InvariantCulture),
            _ => Values[chance.Next(Values.Length)],
        };
        return [directive.Name, chance.Next(50) == 0 ? new string('x', 20_000) : value];
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
