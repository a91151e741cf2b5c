using System.Net;
using Sigrun.Client;
using Sigrun.Network;
using Sigrun.Network.Tls;
using TlsOptions = Sigrun.Client.TlsOptions;

namespace Sigrun.Benchmark;

/// <summary>Where connections go to, how, and what they say first: worked out once for all of them.</summary>
internal sealed class LoadTarget : IDisposable
{
    /// <summary>Works it out.</summary>
    /// <param name="options">What the user wants.</param>
    /// <param name="address">The address at which the server has been found; null where it has none.</param>
    /// <exception cref="BenchmarkException">Nobody can connect like that.</exception>
    public LoadTarget(BenchmarkOptions options, IPAddress? address)
    {
        Name = options.Server.Name;
        Endpoint = EndpointOf(options.Server, address);
        Tls = options.Server.UseTls ? Secure(options.Server.Tls) : null;
        Greeting = GreetingOf(options);
    }

    /// <summary>The server as messages name it.</summary>
    public string Name { get; }

    /// <summary>Where it is.</summary>
    public RemoteEndpoint Endpoint { get; }

    /// <summary>How connections are secured; null when they are not.</summary>
    public TlsConnector? Tls { get; }

    /// <summary>What every new connection says first.</summary>
    public CommandSequence Greeting { get; }

    /// <inheritdoc/>
    public void Dispose() => Tls?.Dispose();

    private static RemoteEndpoint EndpointOf(ConnectionOptions server, IPAddress? address)
    {
        if (server.UnixSocket is { } path)
            return RemoteEndpoint.TryUnix(path) ?? throw new BenchmarkException($"Could not connect to server at {path}: File name too long");
        return RemoteEndpoint.Tcp(address!, server.Port, server.Multipath);
    }

    private static TlsConnector Secure(TlsOptions options)
    {
        var wanted = new TlsConnectorOptions
        {
            ServerName = options.ServerName,
            AuthorityFile = options.CaCertificateFile,
            AuthorityDirectory = options.CaCertificateDirectory,
            SkipsVerification = options.SkipVerification,
            CertificateFile = options.CertificateFile,
            KeyFile = options.KeyFile,
            Ciphers = options.Ciphers,
            CipherSuites = options.CipherSuites,
        };
        return TlsConnector.TryCreate(wanted, out string error) ?? throw new BenchmarkException("Could not negotiate a TLS connection: " + error);
    }

    private static CommandSequence GreetingOf(BenchmarkOptions options)
    {
        var greeting = new RequestBuffer();
        int count = 0;
        if (options.Server.AuthCommand is { } login) Append(login);
        if (options.EnablesTracking) Append("CLIENT"u8.ToArray(), "TRACKING"u8.ToArray(), "on"u8.ToArray());
        if (options.Server.Database != 0) Append(options.Server.SelectCommand);
        if (options.UsesResp3) Append("HELLO"u8.ToArray(), "3"u8.ToArray());
        return new CommandSequence(greeting.Bytes.ToArray(), count);

        void Append(params byte[][] command)
        {
            greeting.Append(command);
            count++;
        }
    }
}
