using System.Security.Cryptography;
using Sigrun.Keyspace;

namespace Sigrun.Tests.Keyspace;

public sealed class Sha1Tests
{
    [Fact]
    public void Every_length_gives_what_the_framework_gives()
    {
        var data = new byte[1100];
        new Random(1).NextBytes(data);
        Span<byte> hash = stackalloc byte[Sha1.HashBytes];
        for (int length = 0; length <= data.Length; length++)
        {
            Sha1.Hash(data.AsSpan(0, length), hash);
            Assert.Equal(SHA1.HashData(data.AsSpan(0, length)), hash.ToArray());
        }
    }

    [Fact]
    public void A_hash_can_be_hashed_in_place()
    {
        byte[] bytes = new byte[Sha1.HashBytes];
        byte[] expected = SHA1.HashData(bytes);
        Sha1.Hash(bytes, bytes);
        Assert.Equal(expected, bytes);
    }
}
