using System.Text;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Tests.Streams;

public unsafe class OrderedIndexTests
{
    private static readonly HeapOptions Plain = new() { ReserveBytes = 1L << 30 };

    public static TheoryData<string> Modes => ["plain", "checking", "moving"];

    private static HeapOptions Options(string mode) => mode switch
    {
        "checking" => Plain with { Checking = true },
        "moving" => Plain with { Checking = true, MoveOnWrite = true },
        _ => Plain,
    };

    [Theory]
    [MemberData(nameof(Modes))]
    public void Random_operations_agree_with_a_dictionary(string mode) => Seeded.Check(6, 6000, (random, operations) =>
    {
        using var model = new IdIndexModel(Options(mode));
        for (int i = 0; i < operations; i++)
        {
            model.Step(ref random);
            if (i % 500 == 0) model.CheckAll();
        }
        model.CheckAll();
        Assert.Equal(0, model.Refusals);
    });

    [Fact]
    public void A_refused_operation_changes_nothing()
    {
        int refusals = 0;
        Seeded.Check(6, 6000, (random, operations) =>
        {
            using var model = new IdIndexModel(Plain with { ReserveBytes = 1 << 20, CommitStepBytes = 1 << 16 }, fill: true);
            for (int i = 0; i < operations; i++)
            {
                int before = model.Refusals;
                model.Step(ref random);
                if (model.Refusals > before) model.CheckAll();
            }
            model.CheckAll();
            refusals += model.Refusals;
        });
        Assert.True(refusals > 20, $"{refusals} refusals");
    }

    [Fact]
    public void What_is_added_in_order_fills_its_nodes()
    {
        using var heap = new Heap(Plain);
        OrderedIndex index = default;
        for (ulong i = 1; i <= 100_000; i++) OrderedIndex.TryAdd(heap, &index, new IdKey(new StreamId(i, 0)), heap.Base + 4);
        Assert.InRange(index.NodeCount, 100_000 / IndexNode.SlotsMax, 100_000 / IndexNode.SlotsMax + 40);
        Assert.Equal(heap.UsedBytes, index.UsedBytes(heap));
        for (ulong i = 1; i <= 100_000; i++) Assert.True(OrderedIndex.Remove(heap, &index, new IdKey(new StreamId(i, 0))) != null);
        heap.AssertEmpty();
    }

    [Fact]
    public void A_thinned_index_gives_its_nodes_back()
    {
        using var heap = new Heap(Plain);
        OrderedIndex index = default;
        for (ulong i = 1; i <= 100_000; i++) OrderedIndex.TryAdd(heap, &index, new IdKey(new StreamId(i, 0)), heap.Base + 4);
        for (ulong i = 1; i <= 100_000; i++)
        {
            if (i % 100 != 0) OrderedIndex.Remove(heap, &index, new IdKey(new StreamId(i, 0)));
        }
        Assert.Equal(1000, index.Count);
        Assert.InRange(index.NodeCount, 1, 120);
        OrderedIndex.Free(new OwnerFreer(heap), &index);
        heap.AssertEmpty();
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Names_are_found_in_the_order_of_their_bytes(string mode) => Seeded.Check(6, 3000, (random, operations) =>
    {
        using var heap = new Heap(Options(mode));
        OrderedIndex index = default;
        var expected = new SortedSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < operations; i++)
        {
            string name = Name(ref random);
            byte[] bytes = Encoding.Latin1.GetBytes(name);
            if (random.NextInt(3) > 0)
            {
                byte* block = MakeNamed(heap, bytes);
                bool added = OrderedIndex.TryAdd(heap, &index, new NameKey(bytes), block);
                Assert.Equal(expected.Add(name), added);
                if (!added) heap.Free(block);
            }
            else
            {
                byte* block = OrderedIndex.Remove(heap, &index, new NameKey(bytes));
                Assert.Equal(expected.Remove(name), block != null);
                if (block != null) heap.Free(block);
            }
            Assert.Equal(expected.Contains(name), OrderedIndex.Find(&index, new NameKey(bytes)) != null);
            if (i % 300 == 0 || i == operations - 1) CheckNames(&index, expected);
        }
        for (IndexCursor at = OrderedIndex.First(&index); !at.IsEnd; at.Next()) heap.Free(at.Slot->Item);
        OrderedIndex.Free(new OwnerFreer(heap), &index);
        heap.AssertEmpty();
    });

    /// <summary>Short names, zeros at their end, and names that differ only behind what a slot keeps.</summary>
    private static string Name(ref RandomSource random) => random.NextInt(4) switch
    {
        0 => new string('\0', random.NextInt(20)),
        1 => "n" + random.NextInt(300) + new string('\0', random.NextInt(2)),
        2 => "a prefix of sixteen" + random.NextInt(2000),
        _ => "one of 16 bytes.",
    };

    private static byte* MakeNamed(Heap heap, byte[] name)
    {
        byte* block = heap.Allocate((nuint)(sizeof(NamedBlock) + name.Length));
        *(NamedBlock*)block = new NamedBlock { NameLength = name.Length, NameOffset = sizeof(NamedBlock) };
        name.CopyTo(new Span<byte>(block + sizeof(NamedBlock), name.Length));
        return block;
    }

    private static void CheckNames(OrderedIndex* index, SortedSet<string> expected)
    {
        var found = new List<string>();
        for (IndexCursor at = OrderedIndex.First(index); !at.IsEnd; at.Next())
            found.Add(Encoding.Latin1.GetString(NamedBlock.Name(at.Slot->Item)));
        Assert.Equal(expected, found);
        Assert.Equal(expected.Count, index->Count);
    }
}
