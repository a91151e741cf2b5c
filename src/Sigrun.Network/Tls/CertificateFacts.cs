using System.Runtime.InteropServices;
using Sigrun.Network.Platform;

namespace Sigrun.Network.Tls;

/// <summary>What people want to know of a certificate.</summary>
/// <param name="Serial">Its serial number, in hexadecimal digits.</param>
/// <param name="ExpirySeconds">When it ends to be valid, in seconds since 1970.</param>
public sealed unsafe record CertificateFacts(string Serial, long ExpirySeconds)
{
    private const int DigestBytes = 32;

    /// <summary>Of all certificates in a file, that which ends first; null when there is none.</summary>
    public static CertificateFacts? FirstToEnd(string file)
    {
        nint source = OpenSsl.BIO_new_file(file, "r");
        CertificateFacts? first = null;
        if (source != 0)
        {
            while (OpenSsl.PEM_read_bio_X509(source, 0, 0, 0) is var certificate and not 0)
            {
                if (Of(certificate) is { } facts && (first is null || facts.ExpirySeconds < first.ExpirySeconds)) first = facts;
                OpenSsl.X509_free(certificate);
            }
            _ = OpenSsl.BIO_free(source);
        }
        OpenSsl.ERR_clear_error();
        return first;
    }

    /// <summary>The fingerprint of the first certificate in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="error">Why there is none, when the result is null.</param>
    public static byte[]? Fingerprint(string file, out string error)
    {
        error = "";
        nint source = OpenSsl.BIO_new_file(file, "r");
        if (source == 0)
        {
            error = $"Failed to open certificate file '{file}': {LinuxSyscalls.ErrorText(Marshal.GetLastSystemError())}";
            OpenSsl.ERR_clear_error();
            return null;
        }
        nint certificate = OpenSsl.PEM_read_bio_X509(source, 0, 0, 0);
        _ = OpenSsl.BIO_free(source);
        OpenSsl.ERR_clear_error();
        if (certificate == 0)
        {
            error = $"Failed to parse X509 certificate from '{file}'";
            return null;
        }
        byte[] digest = new byte[DigestBytes];
        fixed (byte* target = digest) _ = OpenSsl.X509_digest(certificate, OpenSsl.EVP_sha256(), target, null);
        OpenSsl.X509_free(certificate);
        return digest;
    }

    /// <summary>The facts of a certificate; null for none, or one that has no time.</summary>
    internal static CertificateFacts? Of(nint certificate)
    {
        if (certificate == 0) return null;
        OpenSsl.CalendarTime time;
        nint end = OpenSsl.X509_get0_notAfter(certificate);
        if (end == 0 || OpenSsl.ASN1_TIME_to_tm(end, &time) == 0) return null;
        var moment = new DateTime(time.YearsSince1900 + 1900, time.Month + 1, time.Day, time.Hour, time.Minute, Math.Min(time.Second, 59), DateTimeKind.Utc);
        return new CertificateFacts(SerialOf(certificate), new DateTimeOffset(moment).ToUnixTimeSeconds());
    }

    private static string SerialOf(nint certificate)
    {
        nint number = OpenSsl.ASN1_INTEGER_to_BN(OpenSsl.X509_get_serialNumber(certificate), 0);
        nint digits = OpenSsl.BN_bn2hex(number);
        string text = Marshal.PtrToStringUTF8(digits) ?? "";
        OpenSsl.CRYPTO_free(digits, "", 0);
        OpenSsl.BN_free(number);
        return text;
    }
}
