using Sigrun.Configuration;

namespace Sigrun.Tests.Configuration;

public class FileTests
{
    private const string Head = "\n*** FATAL CONFIG FILE ERROR (Version 9.1.0) ***\n";

    [Theory]
    [InlineData("port abc", "argument couldn't be parsed into an integer")]
    [InlineData("port 1 2", "wrong number of arguments")]
    [InlineData("port", "wrong number of arguments")]
    [InlineData("port 65536", "argument must be between 0 and 65535 inclusive")]
    [InlineData("maxclients 0", "argument must be between 1 and 4294967295 inclusive")]
    [InlineData("port \"1", "Unbalanced quotes in configuration line")]
    [InlineData("nonsense 1", "Bad directive or wrong number of arguments")]
    [InlineData("dynamic-hz", "wrong number of arguments")]
    [InlineData("io-threads-do-reads", "Bad directive or wrong number of arguments")]
    [InlineData("daemonize maybe", "argument must be 'yes' or 'no'")]
    [InlineData("maxmemory 1z", "argument must be a memory value")]
    [InlineData("maxmemory-clients 101%", "percentage argument must be less or equal to 100")]
    [InlineData("maxmemory-clients x", "argument must be a memory or percent value")]
    [InlineData("unixsocketperm 999", "argument couldn't be parsed as an octal number")]
    [InlineData("unixsocketperm 1000", "argument must be between 0 and 777 inclusive")]
    [InlineData("appendfsync x", "argument(s) must be one of the following: everysec, always, no")]
    [InlineData("shutdown-on-sigterm", "argument(s) must be one of the following: default, save, nosave, now, force, safe, failover")]
    [InlineData("shutdown-on-sigterm save nosave", "shutdown options SAVE and NOSAVE can't be used simultaneously")]
    [InlineData("save 1", "Invalid save parameters")]
    [InlineData("save 0 1", "Invalid save parameters")]
    [InlineData("bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "Too many bind addresses specified.")]
    [InlineData("client-output-buffer-limit normal 0 0", "Wrong number of arguments in buffer limit configuration.")]
    [InlineData("client-output-buffer-limit master 0 0 0", "Invalid client class specified in buffer limit configuration.")]
    [InlineData("client-output-buffer-limit normal 0 0 -1", "Error in hard, soft or soft_seconds setting in buffer limit configuration.")]
    [InlineData("oom-score-adj-values 1 2", "wrong number of arguments")]
    [InlineData("oom-score-adj-values 1 2 2001", "Invalid oom-score-adj-values, elements must be between -2000 and 2000.")]
    [InlineData("notify-keyspace-events Q", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")]
    [InlineData("latency-tracking-info-percentiles x", "Invalid latency-tracking-info-percentiles parameters")]
    [InlineData("latency-tracking-info-percentiles 101", "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")]
    [InlineData("replicaof host", "wrong number of arguments")]
    [InlineData("replicaof host abc", "Invalid primary port")]
    [InlineData("dbfilename a/b", "dbfilename can't be a path, just a filename")]
    [InlineData("appenddirname \"\"", "appenddirname can't be empty")]
    [InlineData("dir /nonexistent-directory", "No such file or directory")]
    [InlineData("proc-title-template {title}", "template format is invalid or contains unknown variables")]
    [InlineData("sentinel monitor", "sentinel directive while not in sentinel mode")]
    [InlineData("some.module.option", "Module config specified without value")]
    [InlineData("rename-command nonsense x", "No such command in rename-command")]
    [InlineData("rename-command get set", "Target command name already exists")]
    [InlineData("rename-command get", "Bad directive or wrong number of arguments")]
    public void ReportsALineThatIsNotValid(string line, string reason)
    {
        ServerConfiguration configuration = new("/");
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => configuration.LoadText("# first\n\n\t " + line + " \r\nport 1\n"));
        Assert.False(fault.IsLogLine);
        Assert.Equal(Head + $"Reading the configuration file, at line 3\n>>> '{line}'\n{reason}\n", fault.Message);
    }

    [Fact]
    public void ReportsLinesThatDoNotGoTogether()
    {
        ServerConfiguration configuration = new("/");
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => configuration.LoadText("logfile /nonexistent-directory/log"));
        Assert.Equal(Head + "Can't open the log file: No such file or directory\n", fault.Message);
    }

    [Theory]
    [InlineData("cluster-enabled yes", "no")]
    [InlineData("tls-replication yes", "no")]
    [InlineData("min-replicas-to-write 1", "0")]
    public void WhatPromisesTooMuchStopsTheStart(string line, string only)
    {
        ServerConfiguration configuration = new("/");
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => configuration.LoadText(line));
        Assert.EndsWith($"\n>>> '{line}'\nnot available in this version, only '{only}' is accepted\n", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("replicaof host 6379", "not available in this version, only the empty value is accepted")]
    [InlineData("loadmodule a.so", "Modules are not available in this version")]
    [InlineData("sentinel", "Sentinel mode is not available in this version")]
    public void WhatDoesNotExistYetStopsTheStart(string line, string reason)
    {
        ServerConfiguration configuration = new("/");
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => configuration.LoadText(line));
        Assert.EndsWith($"\n{reason}\n", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user bob nonsense", "user", "Syntax error")]
    [InlineData("user bob on nonsense", "bob", "Syntax error")]
    [InlineData("user bob (+get", "user", "Wrong format")]
    [InlineData("user alice off", "alice", "Duplicate user found. A user can only be defined once in config files")]
    public void UsersAreDeclaredOnceAndWithoutMistakes(string line, string word, string reason)
    {
        ServerConfiguration configuration = new("/");
        configuration.LoadText("user alice on ~* ( +get ~a )");
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => configuration.LoadText(line));
        Assert.EndsWith($"\nError in user declaration '{word}': {reason}\n", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PORT 7000", "port", "7000")]
    [InlineData("port \"7000\"", "port", "7000")]
    [InlineData("slave-priority 7", "replica-priority", "7")]
    [InlineData("requirepass \"\\xff\\x00 '\"", "requirepass", "\u00ff\0 '")]
    [InlineData("bind 127.0.0.1 -::1", "bind", "127.0.0.1 -::1")]
    [InlineData("bind \"127.0.0.1 -::1\"", "bind", "127.0.0.1 -::1")]
    [InlineData("bind ''", "bind", "")]
    [InlineData("save ''", "save", "")]
    [InlineData("save 900 1", "save", "900 1")]
    [InlineData("save 900 1\nsave 60 5 30 2", "save", "900 1 60 5 30 2")]
    [InlineData("save 900 1\nsave ''", "save", "")]
    [InlineData("save ''\nsave 60 5", "save", "60 5")]
    [InlineData("shutdown-on-sigint nosave force now", "shutdown-on-sigint", "nosave now force")]
    [InlineData("shutdown-on-sigint \"nosave force\"", "shutdown-on-sigint", "nosave force")]
    [InlineData("hz 1000", "hz", "500")]
    [InlineData("notify-keyspace-events AKEmn", "notify-keyspace-events", "AKEm")]
    [InlineData("notify-keyspace-events mnxK", "notify-keyspace-events", "xnKm")]
    [InlineData("latency-tracking-info-percentiles 50 99.99 100", "latency-tracking-info-percentiles", "50 99.99 100")]
    [InlineData("unixsocketperm 0700", "unixsocketperm", "700")]
    [InlineData("list-max-ziplist-entries 5\nlua-replicate-commands no\nio-threads-do-reads yes\nport 1", "port", "1")]
    public void LaterLinesAndOlderNamesCount(string text, string name, string expected)
    {
        ServerConfiguration configuration = new("/");
        configuration.LoadText(text);
        Assert.Equal(expected, Assert.Single(configuration.Get([name])).Value);
    }

    [Fact]
    public void FileThenStandardInputThenOptions()
    {
        using TestDirectory directory = new();
        directory.Write("a.conf", "port 1\ntimeout 1\nhz 1");
        ServerConfiguration configuration = new(directory.Path);
        configuration.Load(CommandLine.Parse(["a.conf", "--hz", "3", "-"]), () => "\ntimeout 2\nhz 2\n");
        Assert.Equal((1, 2, 3), (configuration.Settings.Network.Port, configuration.Settings.Network.IdleTimeoutSeconds, configuration.Settings.Process.Hz));
        Assert.Equal(Path.Combine(directory.Path, "a.conf"), configuration.ConfigFile);
    }

    [Fact]
    public void IncludesFilesAndPatterns()
    {
        using TestDirectory directory = new();
        directory.Write("a.conf", "port 1\ninclude more/b.conf\ninclude parts/*.conf\ninclude none/*.conf\n");
        directory.Write("more/b.conf", "timeout 5\n");
        directory.Write("parts/2.conf", "hz 2\n");
        directory.Write("parts/1.conf", "hz 1\nport 9\n");
        directory.Write("parts/.hidden.conf", "hz 3\n");
        ServerConfiguration configuration = new(directory.Path);
        configuration.Load(CommandLine.Parse(["a.conf"]), () => "");
        Assert.Equal((9, 5, 2), (configuration.Settings.Network.Port, configuration.Settings.Network.IdleTimeoutSeconds, configuration.Settings.Process.Hz));
    }

    [Theory]
    [InlineData("missing.conf")]
    [InlineData("--include|missing.conf")]
    public void AFileThatIsMissingIsALogLine(string args)
    {
        ServerConfiguration configuration = new("/");
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => configuration.Load(CommandLine.Parse(args.Split('|')), () => ""));
        Assert.True(fault.IsLogLine);
        Assert.Matches("^Fatal error, can't open config file '/?missing.conf': No such file or directory$", fault.Message);
    }

    [Fact]
    public void AnIncludeOfItselfEnds()
    {
        using TestDirectory directory = new();
        directory.Write("a.conf", "include a.conf\n");
        ServerConfiguration configuration = new(directory.Path);
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => configuration.Load(CommandLine.Parse(["a.conf"]), () => ""));
        Assert.EndsWith("\nToo many levels of include\n", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RelativeDirectoriesAddUp()
    {
        using TestDirectory directory = new();
        directory.Write("one/two/file", "");
        ServerConfiguration configuration = new(directory.Path);
        configuration.LoadText("dir ./one\ndir two/\ndir ./");
        Assert.Equal(Path.Combine(directory.Path, "one", "two"), configuration.Settings.Persistence.Directory);
    }

    [Theory]
    [InlineData("sample.conf", "")]
    [InlineData("suite.conf", "enable-debug-assert propagation-error-behavior repl-diskless-sync-delay")]
    [InlineData("debian.conf", "replica-lazy-flush")]
    public void FilesOfTheReferenceServersLoad(string file, string noted)
    {
        using TestDirectory directory = new();
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Configuration", file))
            .Replace("/var/log/redis", directory.Path, StringComparison.Ordinal)
            .Replace("/var/lib/redis", directory.Path, StringComparison.Ordinal);
        ServerConfiguration configuration = new(directory.Path);
        configuration.LoadText(text);
        string[] names = [.. configuration.Directives.Select(d => d.Name).Where(name => configuration.Notes().Any(note => note.Contains($"'{name}'", StringComparison.Ordinal)))];
        Assert.Equal(noted.Split(' ', StringSplitOptions.RemoveEmptyEntries), names.Order(StringComparer.Ordinal));
    }
}
