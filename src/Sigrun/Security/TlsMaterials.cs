using Sigrun.Network.Tls;

namespace Sigrun.Security;

/// <summary>Which files a server's TLS is made of, and how. Immutable, so that another thread may read the files.</summary>
/// <param name="Server">For connections that clients make.</param>
/// <param name="Client">For connections to other servers; null when they show the same certificate.</param>
internal sealed record TlsSource(TlsOptions Server, TlsOptions? Client);

/// <summary>What the files looked like: whether this differs is whether they are worth being read again.</summary>
/// <param name="Certificates">Fingerprints of the certificates, none for one that cannot be read.</param>
/// <param name="Keys">Times and lengths of the other files.</param>
internal sealed record TlsFileState(string Certificates, string Keys)
{
    /// <summary>Looks at the files; what is wrong with them goes to <paramref name="complaints"/>.</summary>
    public static TlsFileState Look(TlsSource source, List<string> complaints)
    {
        string?[] certificates = [source.Server.CertificateFile, source.Client?.CertificateFile, source.Server.AuthorityFile];
        string?[] keys = [source.Server.KeyFile, source.Client?.KeyFile, source.Server.AuthorityDirectory];
        return new TlsFileState(
            string.Join(' ', certificates.Select(file => Fingerprint(file, complaints))),
            string.Join(' ', keys.Select(static file => file is null ? "" : TimeAndLength(new FileInfo(file)))));
    }

    private static string Fingerprint(string? file, List<string> complaints)
    {
        if (file is null) return "";
        byte[]? digest = CertificateFacts.Fingerprint(file, out string error);
        if (digest is null) complaints.Add(error);
        return digest is null ? "" : Convert.ToHexString(digest);
    }

    private static string TimeAndLength(FileInfo file) => file.LastWriteTimeUtc.Ticks + ":" + (file.Exists ? file.Length : 0);
}

/// <summary>The certificates, keys and rules that connections are secured with, read from files.</summary>
internal sealed class TlsMaterials : IDisposable
{
    private TlsMaterials(TlsContext context, TlsFileState files)
    {
        Context = context;
        Files = files;
    }

    /// <summary>What connections of clients are made with.</summary>
    public TlsContext Context { get; }

    /// <summary>What the files looked like.</summary>
    public TlsFileState Files { get; }

    /// <summary>The server's certificate.</summary>
    public CertificateFacts? Server { get; private init; }

    /// <summary>The certificate for connections to other servers, where that is another one.</summary>
    public CertificateFacts? Client { get; private init; }

    /// <summary>The authority whose certificate ends first.</summary>
    public CertificateFacts? Authority { get; private init; }

    /// <summary>Reads everything; null, with the reason, when something cannot be used.</summary>
    public static TlsMaterials? TryRead(TlsSource source, TlsFileState files, out string error)
    {
        TlsContext? context = TlsContext.TryCreate(source.Server, out error);
        if (context is null) return null;
        CertificateFacts? client = null;
        if (source.Client is not null)
        {
            using TlsContext? clientContext = TlsContext.TryCreate(source.Client, out error);
            if (clientContext is null)
            {
                context.Dispose();
                return null;
            }
            client = clientContext.Certificate;
        }
        return new TlsMaterials(context, files) { Server = context.Certificate, Client = client, Authority = FirstAuthorityToEnd(source.Server) };
    }

    /// <summary>Releases everything; connections that use it go on.</summary>
    public void Dispose() => Context.Dispose();

    private static CertificateFacts? FirstAuthorityToEnd(TlsOptions options)
    {
        IEnumerable<string> files = options.AuthorityFile is { } file ? [file] : [];
        return files.Concat(FilesIn(options.AuthorityDirectory)).Select(CertificateFacts.FirstToEnd).Where(static facts => facts is not null).MinBy(static facts => facts!.ExpirySeconds);
    }

    private static IEnumerable<string> FilesIn(string? directory)
    {
        if (directory is null) return [];
        try
        {
            return Directory.GetFiles(directory).Where(static name => !Path.GetFileName(name).StartsWith('.'));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Authorities are looked for in it when a client comes; nothing is known of them until then.
            return [];
        }
    }
}
