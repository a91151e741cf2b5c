using System.Runtime.InteropServices;
using Sigrun.Network.Platform;

namespace Sigrun.Network.Tls;

/// <summary>Certificate, key and rules of connections that are secured with TLS.</summary>
/// <remarks>
/// Connections keep what they were made with: a context may be disposed of, and another used for those that follow, while
/// they live.
/// </remarks>
public sealed unsafe class TlsContext : IDisposable
{
    private nint _handle;

    private TlsContext(nint handle) => _handle = handle;

    /// <summary>Releases the context if <see cref="Dispose"/> was not called.</summary>
    ~TlsContext() => OpenSsl.SSL_CTX_free(_handle);

    /// <summary>The certificate that is shown to peers.</summary>
    public CertificateFacts? Certificate => CertificateFacts.Of(OpenSsl.SSL_CTX_get0_certificate(_handle));

    /// <summary>Makes a context.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="error">Why it could not be made, when the result is null.</param>
    public static TlsContext? TryCreate(TlsOptions options, out string error)
    {
        OpenSsl.ERR_clear_error();
        nint handle = OpenSsl.SSL_CTX_new(OpenSsl.TLS_method());
        error = handle == 0 ? OpenSsl.TakeError() : "";
        if (handle == 0) return null;
        var context = new TlsContext(handle);
        context.SetProtocols(options.Protocols);
        error = context.LoadIdentity(options) ?? context.SetCiphers(options) ?? context.LoadDhParameters(options.DhParametersFile) ?? "";
        OpenSsl.ERR_clear_error();
        if (error.Length > 0)
        {
            context.Dispose();
            return null;
        }
        context.SetSessions(options);
        return context;
    }

    /// <summary>Releases the context; connections that use it go on.</summary>
    public void Dispose()
    {
        OpenSsl.SSL_CTX_free(_handle);
        _handle = 0;
        GC.SuppressFinalize(this);
    }

    /// <summary>The state of one connection; 0, with the reason, when there is no memory for it.</summary>
    internal nint NewConnection() => OpenSsl.SSL_new(_handle);

    private void SetProtocols(TlsProtocols protocols)
    {
        ulong options = OpenSsl.OpNoSsl3 | OpenSsl.OpDontInsertEmptyFragments | OpenSsl.OpNoCompression;
        if ((protocols & TlsProtocols.Tls10) == 0) options |= OpenSsl.OpNoTls1;
        if ((protocols & TlsProtocols.Tls11) == 0) options |= OpenSsl.OpNoTls11;
        if ((protocols & TlsProtocols.Tls12) == 0) options |= OpenSsl.OpNoTls12;
        if ((protocols & TlsProtocols.Tls13) == 0) options |= OpenSsl.OpNoTls13;
        _ = OpenSsl.SSL_CTX_set_options(_handle, options);
        // Output that waits may move and grow before it is tried again. Connections that are idle hold no buffers.
        const int Mode = OpenSsl.ModeEnablePartialWrite | OpenSsl.ModeAcceptMovingWriteBuffer | OpenSsl.ModeReleaseBuffers;
        _ = OpenSsl.SSL_CTX_ctrl(_handle, OpenSsl.CtrlMode, Mode, 0);
    }

    private string? LoadIdentity(TlsOptions options)
    {
        if (OpenSsl.SSL_CTX_use_certificate_chain_file(_handle, options.CertificateFile) <= 0)
            return $"Failed to load certificate: {options.CertificateFile}: {OpenSsl.TakeError()}";
        if (!LoadKey(options.KeyFile, options.KeyPassword))
            return $"Failed to load private key: {options.KeyFile}: {OpenSsl.TakeError()}";
        if (options.AuthorityFile is null && options.AuthorityDirectory is null) return null;
        return OpenSsl.SSL_CTX_load_verify_locations(_handle, options.AuthorityFile, options.AuthorityDirectory) > 0
            ? null
            : "Failed to configure CA certificate(s) file/directory: " + OpenSsl.TakeError();
    }

    private bool LoadKey(string file, byte[]? password)
    {
        // The library ends the password with a zero; without a password it would ask for one at the terminal.
        byte[]? text = password is null ? null : [.. password, 0];
        fixed (byte* data = text)
        {
            OpenSsl.SSL_CTX_set_default_passwd_cb(_handle, &GivePassword);
            OpenSsl.SSL_CTX_set_default_passwd_cb_userdata(_handle, data);
            int result = OpenSsl.SSL_CTX_use_PrivateKey_file(_handle, file, OpenSsl.FileTypePem);
            OpenSsl.SSL_CTX_set_default_passwd_cb_userdata(_handle, null);
            return result > 0;
        }
    }

    [UnmanagedCallersOnly]
    private static int GivePassword(byte* buffer, int size, int isForWriting, byte* password)
    {
        if (password == null) return -1;
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(password);
        return text.TryCopyTo(new Span<byte>(buffer, size)) ? text.Length : -1;
    }

    private string? SetCiphers(TlsOptions options)
    {
        if (options.Ciphers is { } ciphers && OpenSsl.SSL_CTX_set_cipher_list(_handle, ciphers) == 0)
            return "Failed to configure ciphers: " + ciphers;
        if (options.CipherSuites is { } suites && OpenSsl.SSL_CTX_set_ciphersuites(_handle, suites) == 0)
            return "Failed to configure ciphersuites: " + suites;
        if (options.PrefersOwnCiphers) _ = OpenSsl.SSL_CTX_set_options(_handle, OpenSsl.OpCipherServerPreference);
        return null;
    }

    private string? LoadDhParameters(string? file)
    {
        if (file is null)
        {
            _ = OpenSsl.SSL_CTX_ctrl(_handle, OpenSsl.CtrlSetDhAuto, 1, 0);
            return null;
        }
        nint source = OpenSsl.BIO_new_file(file, "r");
        if (source == 0) return $"Failed to load {file}: {LinuxSyscalls.ErrorText(Marshal.GetLastSystemError())}";
        nint parameters = OpenSsl.PEM_read_bio_Parameters(source, 0);
        _ = OpenSsl.BIO_free(source);
        if (parameters == 0) return file + ": failed to read DH params.";
        if (OpenSsl.SSL_CTX_set0_tmp_dh_pkey(_handle, parameters) > 0) return null;
        string error = OpenSsl.TakeError();
        OpenSsl.EVP_PKEY_free(parameters);
        return $"Failed to load DH params file: {file}: {error}";
    }

    private void SetSessions(TlsOptions options)
    {
        int mode = options.SessionCacheSize is null ? OpenSsl.SessionCacheOff : OpenSsl.SessionCacheServer;
        _ = OpenSsl.SSL_CTX_ctrl(_handle, OpenSsl.CtrlSetSessionCacheMode, mode, 0);
        if (options.SessionCacheSize is not { } size) return;
        _ = OpenSsl.SSL_CTX_ctrl(_handle, OpenSsl.CtrlSetSessionCacheSize, size, 0);
        _ = OpenSsl.SSL_CTX_set_timeout(_handle, options.SessionTimeoutSeconds);
        ReadOnlySpan<byte> name = "redis"u8;
        fixed (byte* id = name) _ = OpenSsl.SSL_CTX_set_session_id_context(_handle, id, (uint)name.Length);
    }
}
