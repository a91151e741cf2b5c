using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Sigrun.Keyspace;

/// <summary>SHA-1 (FIPS 180-4) of data that is mostly shorter than a block. For digests that are compared, not for secrets.</summary>
/// <remarks>
/// A digest of a data set takes seven hashes of some twenty bytes per key. The framework's function goes through a
/// cryptographic library whose setting up takes ten times as long as such a block; it is used where data is long
/// enough for its vector instructions to pay.
/// </remarks>
internal static class Sha1
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = SHA1.HashSizeInBytes;

    private const int BlockBytes = 64;
    private const int LengthBytes = sizeof(ulong);
    private const int OwnBytesMax = 1024;

    /// <summary>Hashes data; the target may be the same memory.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> target)
    {
        if (data.Length > OwnBytesMax)
        {
            SHA1.HashData(data, target);
            return;
        }
        var state = new State(0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0);
        ReadOnlySpan<byte> rest = data;
        for (; rest.Length >= BlockBytes; rest = rest[BlockBytes..]) AddBlock(ref state, rest);

        Span<byte> last = stackalloc byte[2 * BlockBytes];
        last.Clear();
        rest.CopyTo(last);
        last[rest.Length] = 0x80;
        int length = rest.Length + 1 + LengthBytes <= BlockBytes ? BlockBytes : 2 * BlockBytes;
        BinaryPrimitives.WriteUInt64BigEndian(last[(length - LengthBytes)..], (ulong)data.Length * 8);
        for (int i = 0; i < length; i += BlockBytes) AddBlock(ref state, last[i..]);

        BinaryPrimitives.WriteUInt32BigEndian(target[16..], state.E);
        BinaryPrimitives.WriteUInt32BigEndian(target[12..], state.D);
        BinaryPrimitives.WriteUInt32BigEndian(target[8..], state.C);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], state.B);
        BinaryPrimitives.WriteUInt32BigEndian(target, state.A);
    }

    private static void AddBlock(ref State state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[80];
        for (int i = 0; i < 16; i++) words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
        for (int i = 16; i < words.Length; i++)
            words[i] = BitOperations.RotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);

        (uint a, uint b, uint c, uint d, uint e) = (state.A, state.B, state.C, state.D, state.E);
        for (int i = 0; i < 20; i++) Step(ref a, ref b, ref c, ref d, ref e, (b & c) | (~b & d), 0x5A827999 + words[i]);
        for (int i = 20; i < 40; i++) Step(ref a, ref b, ref c, ref d, ref e, b ^ c ^ d, 0x6ED9EBA1 + words[i]);
        for (int i = 40; i < 60; i++) Step(ref a, ref b, ref c, ref d, ref e, (b & c) | (b & d) | (c & d), 0x8F1BBCDC + words[i]);
        for (int i = 60; i < 80; i++) Step(ref a, ref b, ref c, ref d, ref e, b ^ c ^ d, 0xCA62C1D6 + words[i]);
        state = new State(state.A + a, state.B + b, state.C + c, state.D + d, state.E + e);
    }

    private static void Step(ref uint a, ref uint b, ref uint c, ref uint d, ref uint e, uint mixed, uint added)
    {
        uint next = BitOperations.RotateLeft(a, 5) + mixed + e + added;
        (e, d, c, b, a) = (d, c, BitOperations.RotateLeft(b, 30), a, next);
    }

    private readonly record struct State(uint A, uint B, uint C, uint D, uint E);
}
