namespace Sigrun.Hosting.Tests;

/// <summary>Servers that have started, and what their clients need.</summary>
internal static class Servers
{
    /// <summary>What a configuration of StackExchange.Redis ends with for a busy machine: its limits are five seconds.</summary>
    public const string Patience = ",connectTimeout=60000,syncTimeout=60000,asyncTimeout=60000";

    public static async Task<SigrunServer> StartAsync(SigrunServerOptions? options = null)
    {
        var server = new SigrunServer(options);
        await server.StartAsync();
        return server;
    }
}
