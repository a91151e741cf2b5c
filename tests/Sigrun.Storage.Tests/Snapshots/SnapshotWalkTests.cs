using System.Globalization;
using System.Text;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Tests.Snapshots;

/// <summary>A snapshot shows one moment, whatever happens to the keys while it is copied.</summary>
public sealed class SnapshotWalkTests
{
    private static readonly HeapOptions Plain = new() { ReserveBytes = 1L << 30, Hasher = new KeyHasher(Seeded.HashSeed) };

    public static TheoryData<string, int, bool> Cases => new()
    {
        { "plain", 1, true },
        { "plain", 2, false },
        { "colliding", 2, true },
        { "moving", 1, false },
        { "moving", 2, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_shows_the_moment_at_which_it_began(string mode, int tables, bool keepsUp)
    {
        for (ulong seed = 1; seed <= Seeds(mode); seed++)
        {
            using SnapshotBench bench = new(Options(mode), tables, seed);
            bench.Run(SnapshotEnd.Complete, keepsUp, edits: seed % 2 == 0 ? 2 : 10);
            bench.Edit(50);
            bench.Run(SnapshotEnd.Complete, keepsUp, edits: 4);
            bench.FreeAll();
        }
    }

    /// <summary>Most of the changes meet what is pending, and the groups and consumers that it belongs to.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_pending_is_that_of_the_moment(string mode, int tables, bool keepsUp)
    {
        using SnapshotBench bench = new(Options(mode), tables, seed: 11, RandomKeys.FewEntriesMuchPending, RandomKeys.ManyGroups);
        foreach (SnapshotEnd end in (SnapshotEnd[])[SnapshotEnd.Complete, SnapshotEnd.Cancelled, SnapshotEnd.Complete])
            bench.Run(end, keepsUp, edits: 3);
        bench.FreeAll();
    }

    /// <summary>Clients wait for one step, so none may copy all that is pending in a group.</summary>
    [Fact]
    public void Much_that_is_pending_takes_many_steps()
    {
        using SnapshotBench little = new(Plain, tables: 1, seed: 1, RandomKeys.FewEntriesLittlePending);
        using SnapshotBench much = new(Plain, tables: 1, seed: 1, RandomKeys.FewEntriesMuchPending);
        int steps = little.Run(SnapshotEnd.Complete, keepsUp: true, edits: 0);
        Assert.InRange(much.Run(SnapshotEnd.Complete, keepsUp: true, edits: 0), steps + 20, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_that_ends_midway_leaves_no_trace(string mode, int tables, bool keepsUp)
    {
        for (ulong seed = 1; seed <= Seeds(mode); seed++)
        {
            using SnapshotBench bench = new(Options(mode), tables, seed);
            foreach (SnapshotEnd end in (SnapshotEnd[])[SnapshotEnd.Cancelled, SnapshotEnd.Closed, SnapshotEnd.Cancelled, SnapshotEnd.Complete])
                bench.Run(end, keepsUp, edits: 4);
            bench.FreeAll();
        }
    }

    /// <summary>What writers copy waits in memory, so it must be in proportion to what they change.</summary>
    [Fact]
    public void A_writer_copies_its_key_and_not_its_neighbours()
    {
        const int Keys = 20_000;
        const int Writes = 1000;
        byte[] value = new byte[200];
        using Heap heap = new(Plain);
        using var lazyFree = new LazyFree(heap);
        KeyTable table = new(heap);
        for (int i = 0; i < Keys; i++) Add(i);
        using SnapshotPipe pipe = new();
        SnapshotWalk walk = new(heap, new BigValueLender(heap), lazyFree, pipe, withActivity: true);
        walk.Add(0, table);
        walk.Begin();
        for (int i = 0; i < Writes; i++)
        {
            byte[] key = Name(i * (Keys / Writes));
            ulong hash = table.Hash(key);
            Assert.True(table.TryFind(hash, key, out KeySlot slot));
            if (i % 2 == 0) table.SetString(table.BeginWrite(hash), hash, slot, value, EntryEncoding.Raw, -1);
            else table.Remove(table.BeginWrite(hash), hash, slot);
            if (i % 2 == 1) Add(i * (Keys / Writes));
        }
        Assert.InRange(pipe.Bytes, Writes * 150, Writes * 350);
        walk.Cancel();
        while (!walk.IsDone) walk.Step(1000);

        void Add(int number)
        {
            byte[] key = Name(number);
            ulong hash = table.Hash(key);
            table.AddString(table.BeginWrite(hash), hash, key, value, EntryEncoding.Raw);
        }

        static byte[] Name(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Those that are not plain take long.</summary>
    private static ulong Seeds(string mode) => mode == "plain" ? 2UL : 1UL;

    private static HeapOptions Options(string mode) => mode switch
    {
        "colliding" => Plain with { Hasher = KeyHasher.Colliding(Seeded.HashSeed, 3) },
        "moving" => Plain with { Checking = true, MoveOnWrite = true },
        _ => Plain,
    };
}
