using System.Security.Cryptography;

namespace Sigrun.Security;

/// <summary>Passwords are kept as their SHA-256, which rules spell in lower-case hexadecimal digits.</summary>
internal static class Password
{
    private const int HashLength = SHA256.HashSizeInBytes * 2;

    /// <summary>The hash of a password.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> password) => SHA256.HashData(password);

    /// <summary>Reads a hash as rules spell it.</summary>
    public static bool TryParseHash(string text, out byte[] hash)
    {
        hash = [];
        if (text.Length != HashLength) return false;
        foreach (char c in text)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f'))) return false;
        }
        hash = Convert.FromHexString(text);
        return true;
    }

    /// <summary>Whether two hashes are the same. The time it takes does not depend on where they differ.</summary>
    public static bool Equals(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(hash, other);
}
