using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>There are no modules, and everybody who asks is told so.</summary>
public sealed class ModuleCommandTests : IDisposable
{
    private readonly TestServer _server = new(settings => settings.Security.EnableModuleCommand = ProtectedAction.Yes);
    private readonly RespClient _client;

    public ModuleCommandTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("MODULE LIST", "[]")]
    [InlineData("MODULE LOAD /nosuch.so a b", "-ERR Error loading the extension. Please check the server logs.")]
    [InlineData("MODULE LOADEX /nosuch.so CONFIG a b ARGS c", "-ERR Error loading the extension. Please check the server logs.")]
    [InlineData("MODULE UNLOAD nosuch", "-ERR Error unloading module: no such module with that name")]
    [InlineData("MODULE LIST all", "-ERR wrong number of arguments for 'module|list' command")]
    [InlineData("MODULE nosuch", "-ERR unknown subcommand 'nosuch'. Try MODULE HELP.")]
    public void Replies(string line, string reply) => Assert.Equal(reply, _client.Line(line));

    [Fact]
    public void TheLogSaysWhyOneIsNotLoaded()
    {
        _client.Line("MODULE LOAD /nosuch.so");
        Assert.Contains("# Module /nosuch.so failed to load: Modules are not available in this version\n", _server.LogLines.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MODULE LOAD x", true)]
    [InlineData("MODULE LOADEX x", true)]
    [InlineData("MODULE UNLOAD x", true)]
    [InlineData("MODULE LIST", false)]
    public void ChangesNeedPermission(string line, bool isRefused)
    {
        _server.OnEngine(engine => engine.Settings.Security.EnableModuleCommand = ProtectedAction.No);
        Assert.Equal(isRefused, _client.Line(line).Text.StartsWith("ERR MODULE command not allowed. If the enable-module-command option is set", StringComparison.Ordinal));
    }
}
