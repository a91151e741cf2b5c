using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Storage.Tests.Structures;

/// <summary>A hash beside a dictionary of what it should hold, under a clock that the test moves.</summary>
internal sealed class HashModel : IDisposable
{
    private readonly HashLimits _limits;
    private readonly Dictionary<string, (string Value, long ExpiryMs)> _expected = [];

    public HashModel(Heap heap, HashLimits limits)
    {
        Heap = heap;
        _limits = limits;
        Entry = HashValue.NewEntry(heap, "key"u8, KeyEntry.NoExpiry);
    }

    public Heap Heap { get; }

    public EntryRef Entry { get; }

    public long NowMs { get; private set; } = 1000;

    public int Refusals { get; private set; }

    public int Count => _expected.Count;

    private HashEditor Editor => new(StructureEditor.ForDetached(Heap, Entry));

    public void Step(ref RandomSource random, int range, bool expires)
    {
        string field = SetModel.Name(ref random, range);
        RandomSource replay = random;
        try
        {
            Apply(ref random, field, expires, toHash: true);
            Apply(ref replay, field, expires, toHash: false);
        }
        catch (HeapExhaustedException)
        {
            Refusals++;
        }
    }

    public void Check()
    {
        Assert.Equal(_expected.Count, HashValue.Count(Entry));
        Assert.Equal(_expected.Values.Any(e => e.ExpiryMs >= 0), HashValue.HasExpiring(Entry));
        List<(string, string, long)> found = [];
        HashCursor fields = HashValue.Fields(Entry, NowMs);
        while (fields.MoveNext()) found.Add((StructureHeaps.Text(fields.Field), StructureHeaps.Text(fields.Value), fields.ExpiryMs));
        Assert.Equal(_expected.Where(e => !IsExpired(e.Key)).Select(e => (e.Key, e.Value.Value, e.Value.ExpiryMs)).Order(), found.Order());
        foreach ((string field, (string value, long expiryMs)) in _expected) CheckField(field, value, expiryMs);
        CheckDue();
    }

    /// <summary>Removes what is due, in the order of its times; returns how many fields that were.</summary>
    public int ExpireAll()
    {
        int count = 0;
        for (long last = -1; HashValue.TryGetDue(Entry, NowMs, out HashFieldRef due); count++)
        {
            string field = StructureHeaps.Text(due.Field);
            Assert.Equal(_expected[field].ExpiryMs, due.ExpiryMs);
            Assert.InRange(due.ExpiryMs, last, NowMs - 1);
            last = due.ExpiryMs;
            Editor.RemoveFirstExpiring();
            _expected.Remove(field);
        }
        Assert.DoesNotContain(_expected.Keys, IsExpired);
        return count;
    }

    public void Dispose()
    {
        DetachedEntry.Free(Heap, Entry);
        Heap.AssertEmpty();
        Heap.Dispose();
    }

    private void Apply(ref RandomSource random, string field, bool expires, bool toHash)
    {
        byte[] name = StructureHeaps.Bytes(field);
        string value = SetModel.Name(ref random, 1000);
        long expiryMs = expires && random.NextInt(3) > 0 ? NowMs + random.NextInt(200) - 20 : -1;
        if (random.NextInt(50) == 0 && expiryMs >= 0) expiryMs = long.MaxValue - random.NextInt(10);
        switch (random.NextInt(20))
        {
            case < 9:
                bool keeps = random.NextInt(3) == 0;
                if (toHash) Assert.Equal(ExpectedChange(field), Editor.Set(_limits, name, StructureHeaps.Bytes(value), expiryMs, keeps, NowMs));
                else Set(field, value, keeps && ExpectedChange(field) == FieldChange.Changed ? _expected[field].ExpiryMs : expiryMs);
                break;
            case < 13:
                bool seesAll = random.NextInt(4) == 0;
                bool goes = _expected.ContainsKey(field) && (seesAll || !IsExpired(field));
                if (toHash) Assert.Equal(goes, Editor.Remove(name, seesAll ? HashValue.BeforeAll : NowMs));
                else if (goes) _expected.Remove(field);
                break;
            case < 18:
                if (toHash) Editor.SetExpiry(name, expiryMs);
                else if (_expected.TryGetValue(field, out (string Value, long) old)) _expected[field] = (old.Value, expiryMs);
                break;
            case 18:
                if (!toHash) NowMs += random.NextInt(20);
                break;
            default:
                if (toHash && random.NextInt(5) == 0) ExpireAll();
                break;
        }
    }

    /// <summary>What is set over a field whose time is now counts as new already; to readers it is still there.</summary>
    private FieldChange ExpectedChange(string field) =>
        !_expected.TryGetValue(field, out (string, long ExpiryMs) old) ? FieldChange.Added
        : old.ExpiryMs >= 0 && old.ExpiryMs < NowMs ? FieldChange.Revived
        : FieldChange.Changed;

    private void Set(string field, string value, long expiryMs) => _expected[field] = (value, expiryMs);

    private bool IsExpired(string field) => _expected[field].ExpiryMs is var expiryMs && expiryMs >= 0 && expiryMs < NowMs;

    private void CheckField(string field, string value, long expiryMs)
    {
        Assert.Equal(!IsExpired(field), HashValue.TryGet(Heap, Entry, StructureHeaps.Bytes(field), NowMs, out _));
        Assert.True(HashValue.TryGet(Heap, Entry, StructureHeaps.Bytes(field), HashValue.BeforeAll, out HashFieldRef found));
        Assert.Equal(value, StructureHeaps.Text(found.Value));
        Assert.Equal(expiryMs, found.ExpiryMs);
    }

    private void CheckDue()
    {
        long first = _expected.Values.Where(e => e.ExpiryMs >= 0).Select(e => e.ExpiryMs).DefaultIfEmpty(long.MaxValue).Min();
        Assert.Equal(first < NowMs, HashValue.TryGetDue(Entry, NowMs, out HashFieldRef due));
        if (first < NowMs) Assert.Equal(first, due.ExpiryMs);
    }
}
