using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Storage.Tests.Structures;

/// <summary>A set beside a plain one of what it should hold.</summary>
internal sealed class SetModel : IDisposable
{
    private readonly SetLimits _limits;

    public SetModel(Heap heap, SetLimits limits)
    {
        Heap = heap;
        _limits = limits;
        Entry = SetValue.NewEntry(heap, "key"u8, KeyEntry.NoExpiry, limits, "1"u8, 1);
    }

    public Heap Heap { get; }

    public EntryRef Entry { get; }

    public HashSet<string> Expected { get; } = [];

    public int Refusals { get; private set; }

    private StructureEditor Editor => StructureEditor.ForDetached(Heap, Entry);

    /// <summary>A member: numbers, short texts, and texts around the lengths where something changes.</summary>
    public static string Name(ref RandomSource random, int range) => random.NextInt(8) switch
    {
        < 4 => random.NextInt(range).ToString(),
        4 => (-random.NextInt(range)).ToString(),
        5 => "m" + random.NextInt(range),
        6 => ((long)random.NextInt(range) << 40).ToString(),
        _ => new string('x', (int[])[0, 1, 9, 10, 11, 254, 255, 256, 400] is var lengths ? lengths[random.NextInt(lengths.Length)] : 0),
    };

    public void Step(ref RandomSource random, int range, int addPercent)
    {
        string name = Name(ref random, range);
        bool adds = random.NextInt(100) < addPercent;
        try
        {
            if (adds) Assert.Equal(!Expected.Contains(name), SetValue.Add(Editor, _limits, StructureHeaps.Bytes(name)));
            else if (random.NextInt(4) > 0 || Expected.Count == 0) Assert.Equal(Expected.Contains(name), SetValue.Remove(Editor, StructureHeaps.Bytes(name)));
            else name = RemoveRandom(ref random);
        }
        catch (HeapExhaustedException)
        {
            Refusals++;
            return;
        }
        if (adds) Expected.Add(name);
        else Expected.Remove(name);
    }

    public void Check()
    {
        Assert.Equal(Expected.Count, SetValue.Count(Entry));
        List<string> members = [];
        foreach (ListpackElement member in SetValue.Members(Entry)) members.Add(StructureHeaps.Text(member));
        Assert.Equal(Expected.Order(), members.Order());
        foreach (string name in Expected) Assert.True(SetValue.Contains(Heap, Entry, StructureHeaps.Bytes(name)));
        Assert.False(SetValue.Contains(Heap, Entry, "absent"u8));
        if (Entry.Encoding == EntryEncoding.IntSet) Assert.True(Expected.Count == 0 || IntSet.IsValid(SetValue.PackedBytes(Entry)));
        if (Entry.Encoding == EntryEncoding.ListPack) Assert.True(ListpackCheck.IsValid(SetValue.PackedBytes(Entry), true, out _));
        if (Entry.Encoding != EntryEncoding.HashTable)
        {
            long max = Entry.Encoding == EntryEncoding.IntSet ? _limits.IntSetEntries : _limits.ListpackEntries;
            Assert.InRange(Expected.Count, 0, max);
        }
    }

    public void Dispose()
    {
        DetachedEntry.Free(Heap, Entry);
        Heap.AssertEmpty();
        Heap.Dispose();
    }

    private string RemoveRandom(ref RandomSource random)
    {
        SetPlace place = SetValue.Choose(Heap, Entry, ref random);
        string name = StructureHeaps.Text(place.Member);
        Assert.Contains(name, Expected);
        SetValue.Remove(Editor, place);
        return name;
    }
}
