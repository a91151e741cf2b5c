using System.Net.Security;

namespace Sigrun.Client;

/// <summary>
/// Turns OpenSSL's names of ciphers into what .NET wants. Lists of names are understood, OpenSSL's expressions (HIGH, !aNULL, …)
/// are not, and are refused.
/// </summary>
internal static class CipherNames
{
    /// <summary>The suites that two lists name; null where there is neither.</summary>
    /// <exception cref="TlsSetupException">A name is not known.</exception>
    public static CipherSuitesPolicy? Policy(string? ciphers, string? suites)
    {
        if (ciphers is null && suites is null) return null;
        // Setting one list leaves the other as it is.
        var all = new List<TlsCipherSuite>();
        foreach (string name in (suites ?? "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enum.TryParse(name, out TlsCipherSuite suite)) throw new TlsSetupException("Error while setting cypher suites");
            all.Add(suite);
        }
        if (ciphers is null) AddDefaults(all);
        foreach (string name in (ciphers ?? "").Split([':', ',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryFind(name, out TlsCipherSuite suite)) throw new TlsSetupException("Error while configuring ciphers");
            all.Add(suite);
        }
#pragma warning disable CA1416 // The tools run on Linux only.
        return new CipherSuitesPolicy(all);
#pragma warning restore CA1416
    }

    /// <summary>The suites up to TLS 1.2 that keep what was said secret when a key becomes known later.</summary>
    private static void AddDefaults(List<TlsCipherSuite> all)
    {
        foreach (TlsCipherSuite suite in Enum.GetValues<TlsCipherSuite>())
        {
            string name = suite.ToString();
            if (name.StartsWith("TLS_ECDHE_", StringComparison.Ordinal) && (name.Contains("_GCM_", StringComparison.Ordinal) || name.Contains("CHACHA20", StringComparison.Ordinal)) && !name.Contains("PSK", StringComparison.Ordinal))
                all.Add(suite);
        }
    }

    /// <summary>ECDHE-RSA-AES128-GCM-SHA256 is called TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 elsewhere.</summary>
    private static bool TryFind(string name, out TlsCipherSuite suite)
    {
        string text = name.Replace('-', '_')
            .Replace("AES128", "AES_128", StringComparison.Ordinal).Replace("AES256", "AES_256", StringComparison.Ordinal)
            .Replace("CHACHA20_POLY1305", "CHACHA20_POLY1305_SHA256", StringComparison.Ordinal);
        int cipher = text.IndexOfAny(["AES_", "CHACHA20"]);
        if (cipher < 0)
        {
            suite = default;
            return false;
        }
        string exchange = cipher == 0 ? "RSA_" : text[..cipher];
        string rest = text[cipher..];
        // The older ones leave out how blocks are chained.
        if (rest.StartsWith("AES_", StringComparison.Ordinal) && !rest.Contains("GCM", StringComparison.Ordinal) && !rest.Contains("CCM", StringComparison.Ordinal))
            rest = rest.Insert("AES_128".Length, "_CBC");
        return Enum.TryParse($"TLS_{exchange}WITH_{rest}", out suite);
    }

    private static int IndexOfAny(this string text, ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            int index = text.IndexOf(word, StringComparison.Ordinal);
            if (index >= 0) return index;
        }
        return -1;
    }
}
