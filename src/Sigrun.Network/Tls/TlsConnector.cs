using Sigrun.Network.Platform;

namespace Sigrun.Network.Tls;

/// <summary>How connections are secured that a program makes itself.</summary>
/// <remarks>
/// A server's certificate has to come from somebody who is trusted; its names are not compared with the server's address, as
/// with Valkey's tools.
/// </remarks>
public sealed class TlsConnector : IDisposable
{
    private readonly string? _serverName;
    private nint _handle;

    private TlsConnector(nint handle, string? serverName)
    {
        _handle = handle;
        _serverName = serverName;
    }

    /// <summary>Releases the context if <see cref="Dispose"/> was not called.</summary>
    ~TlsConnector() => OpenSsl.SSL_CTX_free(_handle);

    /// <summary>Makes a connector.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="error">What cannot be used, when the result is null.</param>
    public static TlsConnector? TryCreate(TlsConnectorOptions options, out string error)
    {
        OpenSsl.ERR_clear_error();
        nint handle = OpenSsl.SSL_CTX_new(OpenSsl.TLS_method());
        error = handle == 0 ? "Failed to create SSL_CTX" : "";
        if (handle == 0) return null;
        var connector = new TlsConnector(handle, options.ServerName);
        error = connector.Configure(options) ?? "";
        OpenSsl.ERR_clear_error();
        if (error.Length == 0) return connector;
        connector.Dispose();
        return null;
    }

    /// <summary>Releases the context; connections that use it go on.</summary>
    public void Dispose()
    {
        OpenSsl.SSL_CTX_free(_handle);
        _handle = 0;
        GC.SuppressFinalize(this);
    }

    /// <summary>The state of one connection; 0 when there is no memory for it.</summary>
    internal nint NewConnection()
    {
        nint ssl = OpenSsl.SSL_new(_handle);
        if (ssl != 0 && _serverName is not null) _ = OpenSsl.SSL_ctrl(ssl, OpenSsl.CtrlSetServerName, OpenSsl.ServerNameIsHost, _serverName);
        return ssl;
    }

    private string? Configure(TlsConnectorOptions options)
    {
        _ = OpenSsl.SSL_CTX_set_options(_handle, OpenSsl.OpNoSsl3);
        _ = OpenSsl.SSL_CTX_ctrl(_handle, OpenSsl.CtrlMode, OpenSsl.ModeEnablePartialWrite | OpenSsl.ModeAcceptMovingWriteBuffer, 0);
        OpenSsl.SSL_CTX_set_verify(_handle, options.SkipsVerification ? OpenSsl.VerifyNone : OpenSsl.VerifyPeer, 0);
        bool isTrustKnown = options.AuthorityFile is null && options.AuthorityDirectory is null
            ? OpenSsl.SSL_CTX_set_default_verify_paths(_handle) > 0
            : OpenSsl.SSL_CTX_load_verify_locations(_handle, options.AuthorityFile, options.AuthorityDirectory) > 0;
        if (!isTrustKnown) return "Invalid CA Certificate File/Directory";
        if (options.CertificateFile is { } certificate && OpenSsl.SSL_CTX_use_certificate_chain_file(_handle, certificate) <= 0)
            return "Invalid client certificate";
        if (options.KeyFile is { } key && OpenSsl.SSL_CTX_use_PrivateKey_file(_handle, key, OpenSsl.FileTypePem) <= 0) return "Invalid private key";
        if (options.Ciphers is { } ciphers && OpenSsl.SSL_CTX_set_cipher_list(_handle, ciphers) == 0) return "Error while configuring ciphers";
        if (options.CipherSuites is { } suites && OpenSsl.SSL_CTX_set_ciphersuites(_handle, suites) == 0) return "Error while setting cypher suites";
        return null;
    }
}
