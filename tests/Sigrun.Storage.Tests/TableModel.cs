using System.Globalization;
using System.Text;

namespace Sigrun.Storage.Tests;

/// <summary>A table beside a dictionary of what it should hold; keys are numbers.</summary>
internal sealed unsafe class TableModel : IDisposable
{
    private readonly Heap _heap;
    private readonly Dictionary<int, nuint> _expected = [];

    public TableModel(ulong keptBits)
    {
        _heap = new Heap(new HeapOptions
        {
            ReserveBytes = 1L << 30,
            CommitStepBytes = 1 << 20,
            Hasher = keptBits == ulong.MaxValue
                ? new KeyHasher(Seeded.HashSeed)
                : KeyHasher.Colliding(Seeded.HashSeed, keptBits),
        });
        Table = HashTable<KeyLayout>.Create(_heap);
    }

    public HashTable<KeyLayout> Table { get; }

    public TableHeader* Header => (TableHeader*)Table.Header;

    public static int Number(byte* entry) => int.Parse(KeyLayout.Key(entry), CultureInfo.InvariantCulture);

    public void Add(int key)
    {
        byte[] bytes = Encode(key);
        ulong hash = _heap.Hasher.Hash(bytes);
        byte* entry = StringEntry.Create(_heap, bytes, bytes, EntryEncoding.Embedded);
        Table.Insert(Table.BeginWrite(hash), hash, entry);
        _expected.Add(key, (nuint)entry);
    }

    public void AddOrMove(int key)
    {
        byte[] bytes = Encode(key);
        ulong hash = _heap.Hasher.Hash(bytes);
        bool found = Table.TryFind(hash, bytes, out TableSlot slot);
        Assert.Equal(_expected.ContainsKey(key), found);
        if (!found)
        {
            Add(key);
            return;
        }
        Assert.Equal(_expected[key], (nuint)slot.Entry);
        byte* moved = StringEntry.Create(_heap, bytes, bytes, EntryEncoding.Embedded);
        Table.Replace(Table.BeginWrite(hash), slot, moved);
        _heap.Free(slot.Entry);
        _expected[key] = (nuint)moved;
    }

    public void Remove(int key)
    {
        byte[] bytes = Encode(key);
        ulong hash = _heap.Hasher.Hash(bytes);
        bool expected = _expected.Remove(key, out nuint entry);
        Assert.Equal(expected, Table.TryFind(hash, bytes, out TableSlot slot));
        if (!expected)
            return;
        Assert.Equal(entry, (nuint)slot.Entry);
        Assert.True(Table.TryFindReference(hash, slot.Entry, out TableSlot same));
        Assert.True(same.Line == slot.Line && same.Index == slot.Index);
        Table.Remove(Table.BeginWrite(hash), slot);
        Assert.False(Table.TryFindReference(hash, slot.Entry, out _));
        _heap.Free(slot.Entry);
    }

    public void CheckAll(int range)
    {
        Assert.Equal(_expected.Count, Table.Count);
        for (int key = 0; key < range; key++)
        {
            byte[] bytes = Encode(key);
            Table.PrefetchLine(_heap.Hasher.Hash(bytes));
            Table.PrefetchEntry(_heap.Hasher.Hash(bytes));
            nuint found = (nuint)Table.Find(_heap.Hasher.Hash(bytes), bytes);
            Assert.Equal(_expected.GetValueOrDefault(key), found);
        }
        CheckStructure();
    }

    /// <summary>Every entry in the line of its hash, chains without waste, the counts right.</summary>
    public void CheckStructure()
    {
        long entries = 0, chainLines = 0;
        for (ulong i = 0; i < Header->LineCount; i++)
        {
            byte* line = TableHeader.Line(Header, i);
            int inChain = 0, lines = 0;
            for (; ; line = TableShape.Next(_heap, line), lines++)
            {
                for (int slot = 0; slot < TableLine.Slots; slot++)
                {
                    if ((TableLine.Present(line) & (1u << slot)) == 0)
                        continue;
                    byte* entry = _heap.Base + (TableLine.Reference(line, slot) << 2);
                    ulong hash = _heap.Hasher.Hash(KeyLayout.Key(entry));
                    Assert.Equal(i, TableHeader.LineIndex(Header, hash));
                    Assert.Equal((byte)(hash >> 56), TableLine.Fingerprint(line, slot));
                    inChain++;
                }
                if (!TableLine.IsChained(line))
                    break;
                Assert.Equal(0u, TableLine.Present(line) & (1u << TableLine.LinkSlot));
            }
            Assert.Equal(inChain <= TableLine.Slots ? 0 : (inChain - TableLine.Slots + 8) / 9, lines);
            entries += inChain;
            chainLines += lines;
        }
        Assert.Equal(Table.Count, entries);
        Assert.Equal(chainLines, Header->ChainLines);
    }

    public void Dispose()
    {
        foreach (nuint entry in _expected.Values)
            _heap.Free((byte*)entry);
        Assert.Equal(_heap.UsedBytes, Table.UsedBytes);
        Table.Destroy();
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private static byte[] Encode(int key) => Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture));
}
