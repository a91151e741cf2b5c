using System.Runtime.InteropServices;
using System.Text;

namespace Sigrun.Network.Platform;

/// <summary>The calls of OpenSSL 3 that TLS needs, and nothing else.</summary>
/// <remarks>
/// The library keeps a queue of errors per thread, and what it says about the last call is right only when the queue was
/// empty before it. Only calls that look at a few fields suppress the GC transition; whatever encrypts takes long enough.
/// </remarks>
internal static unsafe partial class OpenSsl
{
    internal const int ErrorSsl = 1;
    internal const int ErrorWantRead = 2;
    internal const int ErrorSyscall = 5;

    internal const int VerifyNone = 0;
    internal const int VerifyPeer = 1;
    internal const int VerifyFailIfNoPeerCertificate = 2;
    internal const int FileTypePem = 1;

    internal const ulong OpDontInsertEmptyFragments = 1UL << 11;
    internal const ulong OpNoCompression = 1UL << 17;
    internal const ulong OpCipherServerPreference = 1UL << 22;
    internal const ulong OpNoSsl3 = 1UL << 25;
    internal const ulong OpNoTls1 = 1UL << 26;
    internal const ulong OpNoTls12 = 1UL << 27;
    internal const ulong OpNoTls11 = 1UL << 28;
    internal const ulong OpNoTls13 = 1UL << 29;

    internal const int CtrlMode = 33;
    internal const int CtrlSetSessionCacheSize = 42;
    internal const int CtrlSetSessionCacheMode = 44;
    internal const int CtrlSetDhAuto = 118;
    internal const int CtrlSetServerName = 55;
    internal const nint ServerNameIsHost = 0;
    internal const int ModeEnablePartialWrite = 1;
    internal const int ModeAcceptMovingWriteBuffer = 2;
    internal const int ModeReleaseBuffers = 16;
    internal const int SessionCacheOff = 0;
    internal const int SessionCacheServer = 2;

    internal const int BioCtrlReset = 1;
    internal const int BioCtrlPending = 10;
    internal const int BioCtrlSetEndResult = 130;

    internal const int NidCommonName = 13;
    internal const int NidSubjectAlternativeName = 85;
    internal const int GeneralNameUri = 6;

    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int ErrorTextMax = 512;

    /// <summary>An entry of a certificate's alternative names.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct GeneralName
    {
        public int Type;
        public nint Value;
    }

    /// <summary>The C library's calendar time, as far as it is of use.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 56)]
    internal struct CalendarTime
    {
        public int Second;
        public int Minute;
        public int Hour;
        public int Day;
        public int Month;
        public int YearsSince1900;
    }

    [LibraryImport(Ssl)]
    internal static partial nint TLS_method();

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_free(nint context);

    [LibraryImport(Ssl)]
    internal static partial ulong SSL_CTX_set_options(nint context, ulong options);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_ctrl(nint context, int command, nint number, nint pointer);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_set_timeout(nint context, nint seconds);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_session_id_context(nint context, byte* id, uint length);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_default_passwd_cb(nint context, delegate* unmanaged<byte*, int, int, byte*, int> callback);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_default_passwd_cb_userdata(nint context, byte* data);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_use_certificate_chain_file(nint context, string file);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_use_PrivateKey_file(nint context, string file, int type);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_load_verify_locations(nint context, string? file, string? directory);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_default_verify_paths(nint context);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_verify(nint context, int mode, nint callback);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_set_cipher_list(nint context, string ciphers);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_set_ciphersuites(nint context, string suites);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set0_tmp_dh_pkey(nint context, nint key);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_get0_certificate(nint context);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_new(nint context);

    [LibraryImport(Ssl)]
    internal static partial void SSL_free(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_verify(nint ssl, int mode, nint callback);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set0_rbio(nint ssl, nint bio);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set0_wbio(nint ssl, nint bio);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint SSL_ctrl(nint ssl, int command, nint number, string text);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_accept_state(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_connect_state(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_do_handshake(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_read(nint ssl, byte* buffer, int count);

    [LibraryImport(Ssl)]
    internal static partial int SSL_peek(nint ssl, byte* buffer, int count);

    [LibraryImport(Ssl)]
    internal static partial int SSL_write(nint ssl, byte* buffer, int count);

    [LibraryImport(Ssl)]
    internal static partial int SSL_shutdown(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Ssl)]
    [SuppressGCTransition]
    internal static partial int SSL_pending(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_get0_peer_certificate(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_get_verify_result(nint ssl);

    [LibraryImport(Crypto)]
    internal static partial nuint ERR_get_error();

    [LibraryImport(Crypto)]
    [SuppressGCTransition]
    internal static partial void ERR_clear_error();

    [LibraryImport(Crypto)]
    internal static partial void ERR_error_string_n(nuint code, byte* buffer, nuint length);

    [LibraryImport(Crypto)]
    internal static partial nint BIO_s_mem();

    [LibraryImport(Crypto)]
    internal static partial nint BIO_new(nint method);

    [LibraryImport(Crypto, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint BIO_new_file(string file, string mode);

    [LibraryImport(Crypto)]
    internal static partial int BIO_up_ref(nint bio);

    [LibraryImport(Crypto)]
    internal static partial int BIO_free(nint bio);

    [LibraryImport(Crypto)]
    internal static partial int BIO_read(nint bio, byte* data, int count);

    [LibraryImport(Crypto)]
    internal static partial int BIO_write(nint bio, byte* data, int count);

    [LibraryImport(Crypto)]
    [SuppressGCTransition]
    internal static partial nint BIO_ctrl(nint bio, int command, nint number, nint pointer);

    [LibraryImport(Crypto)]
    internal static partial nint PEM_read_bio_Parameters(nint bio, nint result);

    [LibraryImport(Crypto)]
    internal static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Crypto)]
    internal static partial nint PEM_read_bio_X509(nint bio, nint result, nint callback, nint data);

    [LibraryImport(Crypto)]
    internal static partial void X509_free(nint certificate);

    [LibraryImport(Crypto)]
    internal static partial nint EVP_sha256();

    [LibraryImport(Crypto)]
    internal static partial int X509_digest(nint certificate, nint digest, byte* result, uint* length);

    [LibraryImport(Crypto)]
    internal static partial nint X509_get0_notAfter(nint certificate);

    [LibraryImport(Crypto)]
    internal static partial int ASN1_TIME_to_tm(nint time, CalendarTime* result);

    [LibraryImport(Crypto)]
    internal static partial nint X509_get_serialNumber(nint certificate);

    [LibraryImport(Crypto)]
    internal static partial nint ASN1_INTEGER_to_BN(nint number, nint result);

    [LibraryImport(Crypto)]
    internal static partial nint BN_bn2hex(nint number);

    [LibraryImport(Crypto)]
    internal static partial void BN_free(nint number);

    [LibraryImport(Crypto, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void CRYPTO_free(nint memory, string file, int line);

    [LibraryImport(Crypto)]
    internal static partial nint X509_get_subject_name(nint certificate);

    [LibraryImport(Crypto)]
    internal static partial int X509_NAME_get_text_by_NID(nint name, int nid, byte* buffer, int length);

    [LibraryImport(Crypto)]
    internal static partial nint X509_get_ext_d2i(nint certificate, int nid, nint critical, nint index);

    [LibraryImport(Crypto)]
    internal static partial int OPENSSL_sk_num(nint stack);

    [LibraryImport(Crypto)]
    internal static partial GeneralName* OPENSSL_sk_value(nint stack, int index);

    [LibraryImport(Crypto)]
    internal static partial void GENERAL_NAMES_free(nint names);

    [LibraryImport(Crypto)]
    internal static partial byte* ASN1_STRING_get0_data(nint text);

    [LibraryImport(Crypto)]
    internal static partial int ASN1_STRING_length(nint text);

    /// <summary>The oldest error of this thread, which is forgotten, in the library's words.</summary>
    internal static string TakeError()
    {
        byte* text = stackalloc byte[ErrorTextMax];
        ERR_error_string_n(ERR_get_error(), text, ErrorTextMax);
        return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
    }
}
