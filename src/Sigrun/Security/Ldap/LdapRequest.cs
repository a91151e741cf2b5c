using System.Security.Cryptography;
using Sigrun.Clients;

namespace Sigrun.Security.Ldap;

/// <summary>Somebody who wants to log in, on the way from the engine's thread to one that asks, and back.</summary>
/// <param name="client">The client, for the engine's thread alone.</param>
/// <param name="user">The name.</param>
/// <param name="password">The password, which is overwritten when it was asked for.</param>
/// <param name="options">How to ask.</param>
internal sealed class LdapRequest(ClientSession client, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password, LdapOptions options)
{
    private volatile bool _isAbandoned;

    /// <summary>The client, for the engine's thread alone.</summary>
    public ClientSession Client { get; } = client;

    /// <summary>The name.</summary>
    public byte[] User { get; } = user.ToArray();

    /// <summary>The password.</summary>
    public byte[] Password { get; } = password.ToArray();

    /// <summary>How to ask.</summary>
    public LdapOptions Options { get; } = options;

    /// <summary>Why the user is not who he says; null when he is. To be read once there is an answer.</summary>
    public string? Error { get; private set; } = "nobody was asked";

    /// <summary>True when nobody waits for the answer any more.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <summary>The client is gone: the request need not be looked at. The engine's thread.</summary>
    public void Abandon() => _isAbandoned = true;

    /// <summary>Notes the answer.</summary>
    public void Answer(string? error)
    {
        CryptographicOperations.ZeroMemory(Password);
        Error = error;
    }
}
