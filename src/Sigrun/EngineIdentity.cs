using System.Security.Cryptography;
using System.Text;
using Sigrun.Storage;

namespace Sigrun;

/// <summary>What tells one engine from another.</summary>
internal static class EngineIdentity
{
    private const int HashKeyBytes = 16;

    /// <summary>A run id: forty hexadecimal digits.</summary>
    public static string NewRunId(ref RandomSource random)
    {
        Span<byte> bytes = stackalloc byte[20];
        random.Fill(bytes);
        Span<char> digits = stackalloc char[2 * bytes.Length];
        for (int i = 0; i < digits.Length; i++) digits[i] = "0123456789abcdef"[(bytes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
        return new string(digits);
    }

    /// <summary>The hash of the engine's tables: from <c>hash-seed</c>, so that several servers agree, or from chance.</summary>
    public static KeyHasher MakeHasher(string? hashSeed, ref RandomSource random)
    {
        Span<byte> key = stackalloc byte[SHA256.HashSizeInBytes];
        if (string.IsNullOrEmpty(hashSeed)) random.Fill(key);
        else SHA256.HashData(Encoding.UTF8.GetBytes(hashSeed), key);
        return new KeyHasher(key[..HashKeyBytes]);
    }
}
