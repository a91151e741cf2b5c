using Sigrun.Storage.Structures.Tracking;

namespace Sigrun.Storage.Tests.Structures;

public sealed class KeyClientsTests
{
    [Fact]
    public void Any_number_of_clients_of_names_of_any_length_are_kept()
    {
        using Heap heap = StructureHeaps.Make("moving");
        var register = new KeyClients(heap);
        var random = new RandomSource(1);
        var model = new Dictionary<int, HashSet<long>>();
        int[] lengths = [0, 1, 16, 253, 254, 255, 256, 70_000];
        for (int i = 0; i < 20_000; i++)
        {
            int length = lengths[random.NextInt(lengths.Length)];
            long id = 1 + (random.NextInt(4) == 0 ? (1L << 40) + random.NextInt(300) : random.NextInt(300));
            register.Add(Name(length), id);
            if (!model.TryGetValue(length, out HashSet<long>? ids)) model.Add(length, ids = []);
            ids.Add(id);
        }
        Assert.Equal(model.Count, register.KeyCount);
        Assert.Equal(model.Values.Sum(ids => ids.Count), register.IdCount);
        foreach ((int length, HashSet<long> ids) in model)
        {
            Assert.True(register.TryTake(Name(length), out TakenKey taken));
            Assert.True(taken.Key.SequenceEqual(Name(length)));
            var found = new List<long>();
            for (int i = 0; i < taken.Count; i++) found.Add(taken[i]);
            Assert.Equal(ids.Order(), found);
            register.Free(taken);
            Assert.False(register.TryTake(Name(length), out _));
        }
        Assert.Equal(0, register.IdCount);
        register.Retire().FreeBlocks();
    }

    [Fact]
    public void A_name_and_a_client_take_little()
    {
        const int Keys = 100_000;
        using Heap heap = StructureHeaps.Make("plain");
        var register = new KeyClients(heap);
        for (int i = 0; i < Keys; i++) register.Add(System.Text.Encoding.ASCII.GetBytes($"key:{i:000000000000}"), 7);
        Assert.InRange(heap.UsedBytes / (double)Keys, 24, 37);
    }

    [Fact]
    public void Changed_keys_come_in_order_with_the_last_who_changed_them()
    {
        using Heap heap = StructureHeaps.Make("moving");
        var changed = new ChangedKeys(heap);
        for (int round = 0; round < 3; round++)
        {
            Assert.True(changed.IsEmpty);
            changed.Note("b"u8, 1);
            changed.Note("ab"u8, 2);
            changed.Note("a"u8, 3);
            changed.Note("b"u8, 0);
            Assert.Equal(3, changed.Sort());
            Assert.Equal("a 3, ab 2, b 0", string.Join(", ", Enumerable.Range(0, 3).Select(i => $"{System.Text.Encoding.ASCII.GetString(changed.Key(i))} {changed.ChangedBy(i)}")));
            changed.Clear();
        }
        changed.Release();
        heap.AssertEmpty();
    }

    private static byte[] Name(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];
}
