using Sigrun.Tests.Harness;

namespace Sigrun.Benchmark.Tests;

/// <summary>One server for many tests, each of which begins with an empty one.</summary>
public sealed class ServerFixture : IDisposable
{
    /// <summary>The server.</summary>
    public ServerProcess Server { get; } = ServerProcess.StartSigrun();

    /// <summary>A connection to the server, which has no keys and has counted no commands.</summary>
    public RespClient Reset()
    {
        RespClient client = Server.Connect();
        client.Line("flushall");
        client.Line("config resetstat");
        return client;
    }

    /// <inheritdoc/>
    public void Dispose() => Server.Dispose();
}
