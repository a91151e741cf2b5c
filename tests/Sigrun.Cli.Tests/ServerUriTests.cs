using System.Text;
using Sigrun.Client;

namespace Sigrun.Cli.Tests;

public sealed class ServerUriTests
{
    [Theory]
    [InlineData("valkey://", "127.0.0.1", 6379, null, null, 0, false)]
    [InlineData("redis://example.com", "example.com", 6379, null, null, 0, false)]
    [InlineData("VALKEY://example.com:7000/3", "example.com", 7000, null, null, 3, false)]
    [InlineData("valkeys://example.com", "example.com", 6379, null, null, 0, true)]
    [InlineData("rediss://:7000", "", 7000, null, null, 0, true)]
    [InlineData("redis://secret@example.com", "example.com", 6379, null, "secret", 0, false)]
    [InlineData("redis://bob:secret@example.com/", "example.com", 6379, "bob", "secret", 0, false)]
    [InlineData("redis://b%6fb:%40%2F@h", "h", 6379, "bob", "@/", 0, false)]
    [InlineData("redis://:@h", "h", 6379, "", "", 0, false)]
    [InlineData("redis:///5", "127.0.0.1", 6379, null, null, 5, false)]
    [InlineData("redis://[::1]:7000/1", "::1", 7000, null, null, 1, false)]
    [InlineData("redis://[::1]", "::1", 6379, null, null, 0, false)]
    public void Addresses_have_parts(string uri, string host, int port, string? user, string? password, int database, bool isSecure)
    {
        var options = new ConnectionOptions();
        ServerUri.Apply(Encoding.UTF8.GetBytes(uri), options);
        Assert.Equal((host, port, database, isSecure), (options.Host, options.Port, options.Database, options.UseTls));
        Assert.Equal((user, password), (Text(options.User), Text(options.Password)));
    }

    [Theory]
    [InlineData("example.com", "Invalid URI scheme")]
    [InlineData("http://example.com", "Invalid URI scheme")]
    [InlineData("redis://a%@h", "Incomplete URI encoding")]
    [InlineData("redis://a%4@h", "Illegal character in URI encoding")]
    [InlineData("redis://a%zz@h", "Illegal character in URI encoding")]
    [InlineData("redis://h:70000", "Invalid server port.")]
    public void Others_are_refused(string uri, string message) =>
        Assert.Equal(message, Assert.Throws<OptionException>(() => ServerUri.Apply(Encoding.UTF8.GetBytes(uri), new ConnectionOptions())).Message);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:6379")]
    [InlineData("::1", "[::1]:6379")]
    public void Prompts_name_the_server(string host, string name) => Assert.Equal(name, new ConnectionOptions { Host = host }.PromptName);

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
