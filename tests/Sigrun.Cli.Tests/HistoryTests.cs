using System.Text;
using Sigrun.Cli.Interactive;

namespace Sigrun.Cli.Tests;

/// <summary>What is remembered, and what of it is written to the file.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sigrun-cli-test-").FullName;

    private string FilePath => Path.Combine(_directory, "history");

    [Fact]
    public void Lines_are_kept_from_one_session_to_the_next()
    {
        var history = new History(FilePath);
        history.Add("get a", isSensitive: false);
        history.Add("auth secret", isSensitive: true);
        history.Add("get b", isSensitive: false);
        history.Add("get b", isSensitive: false);
        Assert.Equal("get a\nget b\n", File.ReadAllText(FilePath));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal(3, history.Count);

        var next = new History(FilePath);
        next.Load();
        Assert.Equal(("get a", "get b"), (next[0], next[1]));
    }

    [Fact]
    public void The_oldest_lines_are_forgotten()
    {
        var history = new History(null);
        for (int i = 0; i <= 100; i++) history.Add($"get {i}", isSensitive: false);
        Assert.Equal((100, "get 1"), (history.Count, history[0]));
    }

    [Fact]
    public void Lines_are_found_from_the_youngest_to_the_oldest()
    {
        var history = new History(null);
        foreach (string line in (string[])["set a 1", "get a", "set b 2"]) history.Add(line, isSensitive: false);
        Assert.Equal(2, history.Search("SET", history.Count));
        Assert.Equal(0, history.Search("set", 2));
        Assert.Equal(-1, history.Search("set", 0));
        Assert.Equal(-1, history.Search("del", history.Count));
    }

    [Theory]
    [InlineData("auth x", true)]
    [InlineData("AUTH bob x", true)]
    [InlineData("acl setuser bob >x", true)]
    [InlineData("acl deluser bob", true)]
    [InlineData("acl getuser bob", true)]
    [InlineData("acl list", false)]
    [InlineData("config set maxmemory 1 requirepass x", true)]
    [InlineData("config set maxmemory requirepass", false)]
    [InlineData("config set primaryauth x", true)]
    [InlineData("config set masteruser x", true)]
    [InlineData("config get requirepass", false)]
    [InlineData("hello 3 auth bob x", true)]
    [InlineData("hello 3 setname me auth bob x", true)]
    [InlineData("hello 3 setname auth", false)]
    [InlineData("migrate h 1 k 0 5 auth x", true)]
    [InlineData("migrate h 1 k 0 5 copy auth2 bob x", true)]
    [InlineData("migrate h 1 k 0 5 keys auth x", false)]
    [InlineData("sentinel set mine auth-pass x", true)]
    [InlineData("sentinel config set sentinel-pass x", true)]
    [InlineData("sentinel set mine quorum 2", false)]
    [InlineData("get auth", false)]
    public void Commands_with_passwords_are_sensitive(string line, bool isSensitive) =>
        Assert.Equal(isSensitive, SensitiveCommands.Contains(ArgumentList.Split(Encoding.UTF8.GetBytes(line))!.ToArray()));

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
