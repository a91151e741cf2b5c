using Sigrun.Client;

namespace Sigrun.Benchmark;

/// <summary>What a report says about the server: how it keeps data decides what its figures mean.</summary>
/// <param name="Save">Its save points.</param>
/// <param name="AppendOnly">Whether it has an append-only file.</param>
internal sealed record ServerSettings(string Save, string AppendOnly)
{
    /// <summary>Asks the server; null when it does not say.</summary>
    /// <exception cref="BenchmarkException">It wants a login first.</exception>
    public static ServerSettings? Fetch(ServerConnection connection, ConnectionOptions server)
    {
        try
        {
            connection.Append("CONFIG"u8.ToArray(), "GET"u8.ToArray(), "save"u8.ToArray());
            connection.Append("CONFIG"u8.ToArray(), "GET"u8.ToArray(), "appendonly"u8.ToArray());
            string? save = Value(connection.Read(), server);
            string? appendOnly = Value(connection.Read(), server);
            return save is null || appendOnly is null ? null : new ServerSettings(save, appendOnly);
        }
        catch (ConnectionException)
        {
            return null;
        }
    }

    /// <summary>Connects and logs in, and throws with what Valkey's tool says where that fails.</summary>
    public static ServerConnection Connect(ConnectionOptions server)
    {
        ServerConnection connection = Open(server);
        try
        {
            if (server.AuthCommand is { } login && connection.Call(login) is { IsError: true } error) throw Refused(server, error);
            return connection;
        }
        catch (ConnectionException)
        {
            connection.Dispose();
            throw new BenchmarkException($"ERROR: failed to fetch reply from {server.Name}");
        }
    }

    private static ServerConnection Open(ConnectionOptions server)
    {
        try
        {
            return ServerConnection.Open(server);
        }
        catch (ConnectionException e)
        {
            throw new BenchmarkException($"Could not connect to server at {server.Name}: {e.Message}");
        }
        catch (TlsSetupException e)
        {
            throw new BenchmarkException($"Could not negotiate a TLS connection: {e.Message}");
        }
    }

    private static string? Value(Reply reply, ConnectionOptions server)
    {
        if (reply.IsError && reply.Text.StartsWith("NOAUTH", StringComparison.Ordinal)) throw Refused(server, reply);
        return reply is { IsAggregate: true, Elements: [_, var value, ..] } ? value.Text : null;
    }

    private static BenchmarkException Refused(ConnectionOptions server, Reply error) => new($"Node {server.Name} replied with error:\n{error.Text}");
}
