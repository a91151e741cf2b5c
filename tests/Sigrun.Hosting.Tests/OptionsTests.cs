using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static Sigrun.Hosting.Tests.Dialogue;

namespace Sigrun.Hosting.Tests;

/// <summary>What options mean, and which ones cannot be meant.</summary>
public sealed class OptionsTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ConfigurationReplacesTheAddresses()
    {
        IConfiguration section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Port"] = "0",
            ["BindAddresses:0"] = "127.0.0.1",
            ["BindAddresses:1"] = "127.0.0.1",
            ["Directives:maxclients"] = "77",
        }).Build();
        await using ServiceProvider services = new ServiceCollection().AddSigrun().Configure<SigrunServerOptions>(section).BuildServiceProvider();
        SigrunServer server = services.GetRequiredService<SigrunServer>();
        await server.StartAsync();
        await using Stream client = server.Connect();
        Assert.Equal("*2", await Ask(client, "CONFIG GET bind"));
        Assert.Equal(["$4", "bind", "$9", "127.0.0.1"], await ReadLines(client, 4));
        Assert.Equal("*2", await Ask(client, "CONFIG GET maxclients"));
        Assert.Equal("77", (await ReadLines(client, 4))[3]);
    }

    [Fact]
    public async Task AddressesAreLoopbackUnlessGiven()
    {
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { Port = 0 });
        await using Stream client = server.Connect();
        await Ask(client, "CONFIG GET bind");
        Assert.Equal("127.0.0.1 -::1", (await ReadLines(client, 4))[3]);
    }

    [Fact]
    public void OptionsAreRefusedByTheirNames()
    {
        AssertRefused("IoThreads must be between 1 and 256.", options => options.IoThreads = 0);
        AssertRefused("DataDirectory does not exist", options => options.DataDirectory = "");
        AssertRefused("UnixSocketPath is no path.", options => options.UnixSocketPath = "");
        AssertRefused("Directives[\"maxclients\"] must be one line.", options => options.Directives["maxclients"] = null!);
        AssertRefused("Directives[\"maxclients\"] must be one line.", options => options.Directives["maxclients"] = "5\nport 7");
        AssertRefused("no directive: '#x'", options => options.Directives["#x"] = "1");
        AssertRefused("no directive: 'maxclients 7\n#'", options => options.Directives["maxclients 7\n#"] = "1");
        AssertRefused("no address: ''", options => options.BindAddresses.Add(""));
        AssertRefused("no address: '127.0.0.1\nmaxclients 7'", options => options.BindAddresses.Add("127.0.0.1\nmaxclients 7"));
        AssertRefused("Directives[\"io-threads\"]: argument must be between", options => options.Directives["io-threads"] = "0");
        AssertRefused("'dir' needs DataDirectory.", options => options.Directives["dir"] = _directory.Path);
        AssertRefused("'save' needs DataDirectory.", options => options.Directives["save"] = "1 1");
        AssertRefused("'appendonly' needs DataDirectory.", options => options.Directives["appendonly"] = "yes");
        string file = Path.Combine(_directory.Path, "sigrun.conf");
        File.WriteAllText(file, "save 1 1\n");
        AssertRefused("ConfigurationFile: 'save' needs DataDirectory.", options => options.ConfigurationFile = file);
        File.WriteAllText(file, "\nmaxclients x\n");
        AssertRefused("at line 2", options => options.ConfigurationFile = file);
    }

    [Fact]
    public async Task DirectivesAreLikeLinesOfAFile()
    {
        var options = new SigrunServerOptions
        {
            DataDirectory = _directory.Path,
            Directives =
            {
                ["user"] = "alice on >pw ~* +@all",
                ["rename-command"] = "FLUSHALL \"\"",
                ["save"] = "900 1 300 10",
                ["client-output-buffer-limit"] = "pubsub 64mb 16mb 60",
                ["requirepass"] = "\"two words\"",
            },
        };
        await using SigrunServer server = await Servers.StartAsync(options);
        await using Stream client = server.Connect();
        Assert.StartsWith("-NOAUTH", await Ask(client, "PING"), StringComparison.Ordinal);
        Assert.Equal("+OK", await Ask(client, "AUTH \"two words\""));
        Assert.Equal("+OK", await Ask(client, "AUTH alice pw"));
        Assert.StartsWith("-ERR unknown command", await Ask(client, "FLUSHALL"), StringComparison.Ordinal);
        await Ask(client, "CONFIG GET save");
        Assert.Equal("900 1 300 10", (await ReadLines(client, 4))[3]);
    }

    [Fact]
    public async Task WhatIsChangedLaterDoesNotCount()
    {
        var options = new SigrunServerOptions { DataDirectory = _directory.Path };
        await using (SigrunServer server = await Servers.StartAsync(options)) options.DataDirectory = null;
        Assert.True(File.Exists(Path.Combine(_directory.Path, "dump.rdb")));
    }

    [Fact]
    public async Task PortZeroIsNoPortOnceItRuns()
    {
        await using SigrunServer server = await Servers.StartAsync(new SigrunServerOptions { Port = 0 });
        Assert.NotEqual(0, server.Port);
        await using Stream client = server.Connect();
        Assert.Equal("+OK", await Ask(client, "CONFIG SET port 0"));
        Assert.Equal(0, server.Port);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("sockets")]
    public async Task TheNameOfTheSocketIsTakenFromNobody(string transport)
    {
        string path = Path.Combine(_directory.Path, "s");
        var options = new SigrunServerOptions { UnixSocketPath = path, Directives = { ["transport"] = transport } };
        await File.WriteAllTextAsync(path, "precious");
        SigrunServerException refusal = await Assert.ThrowsAsync<SigrunServerException>(() => Servers.StartAsync(options));
        Assert.Contains("the file is no socket", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(path));
        File.Delete(path);

        // What a server has left that is gone.
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) left.Bind(new UnixDomainSocketEndPoint(path));
        await using SigrunServer server = await Servers.StartAsync(options);
        refusal = await Assert.ThrowsAsync<SigrunServerException>(() => Servers.StartAsync(options));
        Assert.Contains("Address already in use", refusal.Message, StringComparison.Ordinal);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var stream = new NetworkStream(socket);
        Assert.Equal("+PONG", await Ask(stream, "PING"));
    }

    [Fact]
    public async Task CallsConfigureOneServer()
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddSigrun(options => options.IoThreads = 2).AddSigrun(options => options.Port = 0).BuildServiceProvider();
        SigrunServerOptions options = services.GetRequiredService<IOptions<SigrunServerOptions>>().Value;
        Assert.Equal((2, 0), (options.IoThreads, options.Port));
        Assert.Single(services.GetServices<SigrunServer>());
    }

    [Fact]
    public void AContainerMayBeDisposedOfLikeOthers()
    {
        SigrunServer server;
        using (ServiceProvider services = new ServiceCollection().AddSigrun().BuildServiceProvider()) server = services.GetRequiredService<SigrunServer>();
        Assert.True(server.Completion.IsCompletedSuccessfully);
    }

    private static void AssertRefused(string reason, Action<SigrunServerOptions> configure)
    {
        var options = new SigrunServerOptions();
        configure(options);
        Assert.Contains(reason, Assert.Throws<SigrunServerException>(() => new SigrunServer(options)).Message, StringComparison.Ordinal);
    }
}
