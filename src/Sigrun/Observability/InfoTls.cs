using Sigrun.Network.Tls;

namespace Sigrun.Observability;

/// <summary>The section on certificates.</summary>
internal static class InfoTls
{
    public static void Write(InfoWriter info, Engine engine)
    {
        info.Section("TLS");
        Write(info, "server", engine.Tls.Server, engine.NowMs / 1000);
        Write(info, "client", engine.Tls.Client, engine.NowMs / 1000);
        Write(info, "ca", engine.Tls.Authority, engine.NowMs / 1000);
    }

    private static void Write(InfoWriter info, string whose, CertificateFacts? certificate, long nowSeconds)
    {
        info.Field($"tls_{whose}_cert_serial", certificate?.Serial ?? "none");
        info.Field($"tls_{whose}_cert_expires_in_seconds", certificate is null ? 0 : Math.Max(0, certificate.ExpirySeconds - nowSeconds));
    }
}
