using System.Security.Cryptography;
using System.Text;
using Sigrun.Configuration;

namespace Sigrun.Clients;

/// <summary>Decides whether a password is right. There is one user, whose password <c>requirepass</c> sets.</summary>
internal static class Authentication
{
    /// <summary>The user of connections that name none.</summary>
    public static ReadOnlySpan<byte> DefaultUser => "default"u8;

    /// <summary>Whether the user may log in with that password. The time it takes does not depend on where they differ.</summary>
    public static bool IsAllowed(SecuritySettings settings, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (!user.SequenceEqual(DefaultUser)) return false;
        if (settings.RequirePass is not { Length: > 0 } wanted) return true;
        Span<byte> wantedHash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> givenHash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.Latin1.GetBytes(wanted), wantedHash);
        SHA256.HashData(password, givenHash);
        return CryptographicOperations.FixedTimeEquals(wantedHash, givenHash);
    }
}
