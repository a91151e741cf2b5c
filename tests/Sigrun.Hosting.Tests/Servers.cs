namespace Sigrun.Hosting.Tests;

/// <summary>Servers that have started.</summary>
internal static class Servers
{
    public static async Task<SigrunServer> StartAsync(SigrunServerOptions? options = null)
    {
        var server = new SigrunServer(options);
        await server.StartAsync();
        return server;
    }
}
