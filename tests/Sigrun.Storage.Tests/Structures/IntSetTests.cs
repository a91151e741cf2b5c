using System.Buffers.Binary;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage.Tests.Structures;

public sealed unsafe class IntSetTests
{
    private static readonly long[] Edges =
    [
        0, 1, -1, short.MaxValue, short.MinValue, short.MaxValue + 1, short.MinValue - 1, int.MaxValue, int.MinValue,
        int.MaxValue + 1L, int.MinValue - 1L, long.MaxValue, long.MinValue,
    ];

    [Theory]
    [MemberData(nameof(StructureHeaps.Modes), MemberType = typeof(StructureHeaps))]
    public void Random_operations_agree_with_a_sorted_set(string mode) => Seeded.Check(30, 300, (random, operations) =>
    {
        using Heap heap = StructureHeaps.Make(mode);
        SortedSet<long> expected = [];
        byte* set = IntSet.Create(heap);
        int edges = random.NextInt(Edges.Length + 1);
        for (int i = 0; i < operations; i++)
        {
            long number = edges > 0 && random.NextInt(4) == 0 ? Edges[random.NextInt(edges)] : random.NextInt(60) - 30;
            if (random.NextInt(3) < 2)
            {
                set = IntSet.Add(heap, set, number, out bool added);
                Assert.Equal(expected.Add(number), added);
            }
            else
            {
                set = IntSet.Remove(heap, set, number, out bool removed);
                Assert.Equal(expected.Remove(number), removed);
            }
            Assert.Equal(expected.Count > 0, IntSet.IsValid(IntSet.Bytes(set)));
            Assert.Equal(expected.Count, IntSet.Count(set));
        }
        int index = 0;
        foreach (long number in expected)
        {
            Assert.Equal(number, IntSet.At(set, index));
            Assert.True(IntSet.TryFind(set, number, out int found));
            Assert.Equal(index++, found);
            Assert.Equal(expected.Contains(number + 1), IntSet.Contains(set, number + 1));
        }
        heap.Free(set);
        heap.AssertEmpty();
    });

    [Fact]
    public void The_bytes_are_those_of_the_file_format()
    {
        using Heap heap = StructureHeaps.Make("plain");
        byte* set = IntSet.Create(heap);
        foreach (long number in (long[])[5, -3, 7]) set = IntSet.Add(heap, set, number, out _);
        Assert.Equal("0200000003000000fdff05000700", Convert.ToHexStringLower(IntSet.Bytes(set)));
        set = IntSet.Add(heap, set, 70000, out _);
        Assert.Equal("0400000004000000fdffffff050000000700000070110100", Convert.ToHexStringLower(IntSet.Bytes(set)));
        set = IntSet.Add(heap, set, long.MinValue, out _);
        Assert.Equal(8 + 5 * 8, IntSet.Bytes(set).Length);
        heap.Free(set);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0200000000000000")]
    [InlineData("02000000010000000100ff")]
    [InlineData("0200000002000000010001")]
    [InlineData("030000000100000001000000")]
    [InlineData("02000000020000000100")]
    [InlineData("020000000200000001000100")]
    [InlineData("020000000200000002000100")]
    [InlineData("02000000010000800100")]
    [InlineData("0800000000000020")]
    [InlineData("ffffffff010000000100")]
    public void What_is_no_such_set_is_found_out(string hex) => Assert.False(IntSet.IsValid(Convert.FromHexString(hex)));

    [Fact]
    public void Every_flipped_bit_leaves_a_set_or_is_found_out()
    {
        byte[] bytes = Convert.FromHexString("0400000004000000fdffffff050000000700000070110100");
        int refused = 0;
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] damaged = [.. bytes];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (!IntSet.IsValid(damaged)) refused++;
            else Assert.Equal(4u, BinaryPrimitives.ReadUInt32LittleEndian(damaged));
        }
        Assert.InRange(refused, 64, bytes.Length * 8 - 20);
    }
}
