using System.Numerics;

namespace Sigrun.Storage.Tests;

public unsafe class KeyHasherTests
{
    public static TheoryData<bool> Forms => KeyHasher.HasAes ? [true, false] : [false];

    private static KeyHasher Make(bool aes) => aes ? new KeyHasher(Seeded.HashSeed) : KeyHasher.SipHash(Seeded.HashSeed);

    // From an independent implementation of SipHash-1-3, with a key of zeros.
    [Theory]
    [InlineData(1, 0x44bc103b1f8540ed)]
    [InlineData(2, 0x1d6b299344bab347)]
    [InlineData(7, 0xb1cd85cc334196fa)]
    [InlineData(8, 0x884ccc87cb0e5fb0)]
    [InlineData(9, 0x027ed508fe95acb3)]
    [InlineData(15, 0x75e46d4257851550)]
    [InlineData(16, 0xe05d12a0a4b2d063)]
    [InlineData(17, 0x85e152444239b234)]
    [InlineData(40, 0xc6ca83093413bf3c)]
    public void SipHash_is_SipHash_1_3(int length, ulong expected)
    {
        byte[] data = [.. Enumerable.Range(1, length).Select(i => (byte)i)];
        Assert.Equal(expected, KeyHasher.SipHash(new byte[16]).Hash(data));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Low_and_top_bits_are_even(bool aes)
    {
        KeyHasher hasher = Make(aes);
        int[] low = new int[1024], top = new int[256];
        const int Keys = 1 << 17;
        for (int i = 0; i < Keys; i++)
        {
            ulong hash = hasher.Hash(System.Text.Encoding.ASCII.GetBytes($"key:{i:D12}"));
            low[hash & 1023]++;
            top[hash >> 56]++;
        }
        Assert.InRange(ChiSquare(low, Keys), 850, 1220);
        Assert.InRange(ChiSquare(top, Keys), 165, 360);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_bit_of_the_key_moves_half_of_the_hash(bool aes)
    {
        KeyHasher hasher = Make(aes);
        RandomSource random = new(11);
        foreach (int length in new[] { 1, 3, 4, 7, 8, 13, 16, 17, 31, 32, 33, 48, 100 })
        {
            long flipped = 0, pairs = 0;
            for (int round = 0; round < 20; round++)
            {
                byte[] key = Seeded.Bytes(ref random, length);
                ulong hash = hasher.Hash(key);
                for (int bit = 0; bit < length * 8; bit++, pairs++)
                {
                    key[bit >> 3] ^= (byte)(1 << (bit & 7));
                    ulong other = hasher.Hash(key);
                    key[bit >> 3] ^= (byte)(1 << (bit & 7));
                    Assert.NotEqual(hash, other);
                    flipped += BitOperations.PopCount(hash ^ other);
                }
            }
            Assert.InRange((double)flipped / pairs, 30.5, 33.5);
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_seed_and_the_length_matter(bool aes)
    {
        byte[] otherSeed = [.. Seeded.HashSeed];
        otherSeed[15] ^= 1;
        KeyHasher hasher = Make(aes);
        KeyHasher other = aes ? new KeyHasher(otherSeed) : KeyHasher.SipHash(otherSeed);
        HashSet<ulong> seen = [];
        for (int length = 0; length <= 100; length++)
        {
            byte[] zeros = new byte[length];
            Assert.True(seen.Add(hasher.Hash(zeros)));
            Assert.True(seen.Add(other.Hash(zeros)));
        }
        Assert.Throws<ArgumentException>(() => new KeyHasher(new byte[15]));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Nothing_outside_the_key_is_read(bool aes)
    {
        KeyHasher hasher = Make(aes);
        byte* pages = VirtualMemory.Reserve(3 * 65536);
        Assert.True(VirtualMemory.Commit(pages + 65536, 65536));
        RandomSource random = new(2);
        for (int length = 0; length <= 100; length++)
        {
            byte[] key = Seeded.Bytes(ref random, length);
            Span<byte> atStart = new(pages + 65536, length), atEnd = new(pages + 2 * 65536 - length, length);
            key.CopyTo(atStart);
            Assert.Equal(hasher.Hash(key), hasher.Hash(atStart));
            key.CopyTo(atEnd);
            Assert.Equal(hasher.Hash(key), hasher.Hash(atEnd));
        }
        VirtualMemory.Release(pages, 3 * 65536);
    }

    [Fact]
    public void A_colliding_hash_keeps_only_its_bits() =>
        Assert.Equal(0UL, KeyHasher.Colliding(Seeded.HashSeed, 7).Hash("key"u8) & ~7UL);

    internal static double ChiSquare(int[] counts, double total)
    {
        double expected = total / counts.Length;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }
}
