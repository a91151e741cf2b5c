namespace Sigrun.Client;

/// <summary>How a connection is encrypted, and the arguments of all tools that say so.</summary>
public sealed class TlsOptions
{
    /// <summary>The name that is sent to the server; null for none.</summary>
    public string? ServerName { get; set; }

    /// <summary>File with the certificates to trust.</summary>
    public string? CaCertificateFile { get; set; }

    /// <summary>Directory with files of certificates to trust.</summary>
    public string? CaCertificateDirectory { get; set; }

    /// <summary>File with the client's certificate.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>File with its key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Names of ciphers up to TLS 1.2, as OpenSSL has them.</summary>
    public string? Ciphers { get; set; }

    /// <summary>Names of cipher suites of TLS 1.3.</summary>
    public string? CipherSuites { get; set; }

    /// <summary>Whether any certificate of the server will do.</summary>
    public bool SkipVerification { get; set; }

    /// <summary>
    /// Takes over an argument if it is one of those on TLS, and moves to its value where it has one. An argument whose value
    /// is missing is none of them.
    /// </summary>
    public static bool TryReadArgument(string[] arguments, ref int index, ConnectionOptions options)
    {
        switch (arguments[index])
        {
            case "--tls":
                options.UseTls = true;
                return true;
            case "--insecure":
                options.Tls.SkipVerification = true;
                return true;
        }
        if (index + 1 == arguments.Length || !options.Tls.TrySet(arguments[index], arguments[index + 1])) return false;
        index++;
        return true;
    }

    private bool TrySet(string name, string value)
    {
        switch (name)
        {
            case "--sni": ServerName = value; return true;
            case "--cacert": CaCertificateFile = value; return true;
            case "--cacertdir": CaCertificateDirectory = value; return true;
            case "--cert": CertificateFile = value; return true;
            case "--key": KeyFile = value; return true;
            case "--tls-ciphers": Ciphers = value; return true;
            case "--tls-ciphersuites": CipherSuites = value; return true;
            default: return false;
        }
    }
}
