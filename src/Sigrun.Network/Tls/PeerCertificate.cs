using Sigrun.Network.Platform;

namespace Sigrun.Network.Tls;

/// <summary>Where in a certificate names are looked for.</summary>
public enum PeerNameField
{
    /// <summary>The subject's common name.</summary>
    CommonName,

    /// <summary>The URIs among the subject's alternative names.</summary>
    Uri,
}

/// <summary>Reads the names in a certificate that a peer has shown.</summary>
internal static unsafe class PeerCertificate
{
    private const int CommonNameMax = 256;

    /// <summary>The names in a field, in order.</summary>
    internal static IReadOnlyList<byte[]> Names(nint certificate, PeerNameField field) =>
        field == PeerNameField.CommonName ? CommonName(certificate) : Uris(certificate);

    private static IReadOnlyList<byte[]> CommonName(nint certificate)
    {
        byte* text = stackalloc byte[CommonNameMax];
        int length = OpenSsl.X509_NAME_get_text_by_NID(OpenSsl.X509_get_subject_name(certificate), OpenSsl.NidCommonName, text, CommonNameMax);
        if (length <= 0) return [];
        ReadOnlySpan<byte> name = new(text, Math.Min(length, CommonNameMax - 1));
        int end = name.IndexOf((byte)0);
        return [name[..(end < 0 ? name.Length : end)].ToArray()];
    }

    private static List<byte[]> Uris(nint certificate)
    {
        var result = new List<byte[]>();
        nint names = OpenSsl.X509_get_ext_d2i(certificate, OpenSsl.NidSubjectAlternativeName, 0, 0);
        if (names == 0) return result;
        for (int i = 0; i < OpenSsl.OPENSSL_sk_num(names); i++)
        {
            OpenSsl.GeneralName* name = OpenSsl.OPENSSL_sk_value(names, i);
            if (name->Type != OpenSsl.GeneralNameUri) continue;
            ReadOnlySpan<byte> uri = new(OpenSsl.ASN1_STRING_get0_data(name->Value), OpenSsl.ASN1_STRING_length(name->Value));
            // One with a zero in it would be read as another name by whoever stops there.
            if (!uri.IsEmpty && !uri.Contains((byte)0)) result.Add(uri.ToArray());
        }
        OpenSsl.GENERAL_NAMES_free(names);
        return result;
    }
}
