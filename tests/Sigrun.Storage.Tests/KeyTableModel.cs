using System.Globalization;
using System.Text;

namespace Sigrun.Storage.Tests;

/// <summary>A table of keys beside a dictionary of what it should hold.</summary>
internal sealed class KeyTableModel : IDisposable
{
    private readonly Dictionary<string, Expected> _expected = [];
    private readonly Heap _heap;
    private readonly KeyTable _table;

    public KeyTableModel(HeapOptions options)
    {
        _heap = new Heap(options);
        _table = new KeyTable(_heap);
    }

    public static IEnumerable<string> Names { get; } =
        [.. Enumerable.Range(0, 30).Select(i => i % 10 == 9 ? new string((char)('a' + i), 250 + i) : $"key:{i}")];

    public int Refusals { get; private set; }

    /// <summary>Does one random operation on both; one that the heap refuses must have changed nothing.</summary>
    public void Step(ref RandomSource random)
    {
        string name = Names.ElementAt(random.NextInt(30));
        RandomSource replay = random;
        try
        {
            Apply(ref random, name, toTable: true);
            Apply(ref replay, name, toTable: false);
        }
        catch (HeapExhaustedException)
        {
            Refusals++;
            Check(name);
        }
    }

    public void CheckAll()
    {
        Assert.Equal(_expected.Count, _table.Count);
        Assert.Equal(_expected.Values.Count(e => e.ExpiryMs >= 0), _table.ExpiringCount);
        foreach (string name in Names)
            Check(name);
        Visitor all = new() { Seen = [], Model = this }, expiring = new() { Seen = [], Model = this };
        ulong cursor = 0;
        do
            cursor = _table.Scan(cursor, ref all);
        while (cursor != 0);
        do
            cursor = _table.ScanExpiring(cursor, ref expiring);
        while (cursor != 0);
        Assert.Equal(_expected.Keys.Order(), all.Seen.Distinct().Order());
        Assert.Equal(_expected.Where(e => e.Value.ExpiryMs >= 0).Select(e => e.Key).Order(), expiring.Seen.Distinct().Order());
        Assert.Equal(_heap.UsedBytes, _table.UsedBytes + all.Bytes);
    }

    public void Dispose()
    {
        _table.Retire().Free();
        _heap.AbsorbBackgroundFrees(int.MaxValue);
        Assert.Equal(0, _table.Count);
        _table.Destroy();
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private void Apply(ref RandomSource random, string name, bool toTable)
    {
        byte[] key = Encoding.ASCII.GetBytes(name);
        ulong hash = _table.Hash(key);
        bool present = toTable ? _table.TryFind(hash, key, out KeySlot slot) : _expected.ContainsKey(name) | SkipSlot(out slot);
        int choice = random.NextInt(100);
        byte[] bytes = Bytes(ref random);
        long number = random.NextInt(2) == 0 ? (int)random.Next() : (long)random.Next();
        int offset = random.NextInt(random.NextInt(10) == 0 ? 5000 : 100);
        long expiryMs = random.NextInt(3) == 0 ? (long)(random.Next() >> 20) : -1;
        uint lru = (uint)random.Next() & 0xFFFFFF;
        string otherName = Names.ElementAt(random.NextInt(30));
        WritePermit permit = _table.BeginWrite(hash);
        if (!present)
        {
            Add();
            return;
        }
        Expected? expected = toTable ? null : _expected[name];
        switch (choice)
        {
            case < 25:
                if (toTable)
                    _table.SetString(permit, hash, slot, bytes, EntryEncoding.Embedded, expiryMs);
                else
                    _expected[name] = expected! with { Bytes = bytes, Number = null, ExpiryMs = expiryMs, Encoding = EntryEncoding.Embedded };
                break;
            case < 40:
                if (toTable)
                    _table.SetInteger(permit, hash, slot, number, expiryMs);
                else
                    _expected[name] = expected! with { Number = number, ExpiryMs = expiryMs, Encoding = EntryEncoding.Int };
                break;
            case < 55:
                if (toTable)
                    _table.Append(permit, hash, slot, bytes);
                else
                    _expected[name] = expected!.AsRaw([.. expected.Text, .. bytes]);
                break;
            case < 65:
                if (toTable)
                    bytes.CopyTo(_table.OpenBytes(permit, hash, slot, offset + bytes.Length, offset, offset + bytes.Length, out _)[offset..]);
                else
                    _expected[name] = expected!.AsRaw(expected.WithRange(offset, bytes));
                break;
            case < 70:
                if (toTable)
                    _table.OpenBytes(permit, hash, slot, offset, 0, long.MaxValue, out _).Reverse();
                else
                    _expected[name] = expected!.AsRaw([.. expected.WithRange(offset, []).Reverse()]);
                break;
            case < 80:
                if (toTable)
                    _table.SetExpiry(permit, hash, slot, expiryMs);
                else
                    _expected[name] = expected! with { ExpiryMs = expiryMs };
                break;
            case < 85:
                Rename(permit, otherName);
                break;
            case < 90:
                if (toTable)
                {
                    EntryRef entry = slot.Entry;
                    entry.Lru = lru;
                }
                else
                {
                    _expected[name] = expected! with { Lru = lru };
                }
                break;
            default:
                if (toTable)
                    _table.Remove(permit, hash, slot);
                else
                    _expected.Remove(name);
                break;
        }

        void Add()
        {
            WritePermit fresh = _table.BeginWrite(hash);
            if (choice < 70)
            {
                if (toTable)
                    _table.AddString(fresh, hash, key, bytes, EntryEncoding.Raw, expiryMs);
                else
                    _expected.Add(name, new Expected(bytes, null, expiryMs, 0, EntryEncoding.Raw));
            }
            else if (toTable)
            {
                _table.AddInteger(fresh, hash, key, number, expiryMs);
            }
            else
            {
                _expected.Add(name, new Expected([], number, expiryMs, 0, EntryEncoding.Int));
            }
        }

        void Rename(in WritePermit permit, string newName)
        {
            if (_expected.ContainsKey(newName))
                return;
            byte[] newKey = Encoding.ASCII.GetBytes(newName);
            if (toTable)
            {
                _table.Rename(permit, hash, slot, _table.Hash(newKey), newKey);
                return;
            }
            _expected.Remove(name, out Expected? moved);
            _expected.Add(newName, moved!);
        }
    }

    private static bool SkipSlot(out KeySlot slot)
    {
        slot = default;
        return false;
    }

    private static byte[] Bytes(ref RandomSource random) => Seeded.Bytes(ref random, random.NextInt(12) switch
    {
        0 => 0,
        < 8 => random.NextInt(60),
        < 10 => random.NextInt(1100),
        10 => 200 + random.NextInt(100),
        _ => random.NextInt(80_000),
    });

    private void Check(string name)
    {
        byte[] key = Encoding.ASCII.GetBytes(name);
        EntryRef entry = _table.Find(_table.Hash(key), key);
        Assert.Equal(_expected.ContainsKey(name), !entry.IsNull);
        if (!entry.IsNull)
            Check(_expected[name], entry);
    }

    private static void Check(Expected expected, EntryRef entry)
    {
        Assert.Equal(EntryType.String, entry.Type);
        Assert.Equal(expected.Encoding, entry.Encoding);
        Assert.Equal(expected.ExpiryMs, entry.ExpiryMs);
        Assert.Equal(expected.ExpiryMs >= 0, entry.HasExpiry);
        Assert.Equal(expected.Lru, entry.Lru);
        Assert.Equal(expected.Number.HasValue, entry.TryGetInteger(out long number));
        Assert.Equal(expected.Number ?? 0, number);
        Assert.True(expected.Text.AsSpan().SequenceEqual(entry.GetValue(stackalloc byte[EntryRef.IntegerDigits])));
        Assert.Equal(expected.Text.Length, entry.ValueLength);
    }

    private sealed record Expected(byte[] Bytes, long? Number, long ExpiryMs, uint Lru, EntryEncoding Encoding)
    {
        public byte[] Text => Number is { } number ? Encoding_.GetBytes(number.ToString(CultureInfo.InvariantCulture)) : Bytes;

        private static Encoding Encoding_ => System.Text.Encoding.ASCII;

        public Expected AsRaw(byte[] bytes) => this with { Bytes = bytes, Number = null, Encoding = EntryEncoding.Raw };

        public byte[] WithRange(int offset, byte[] bytes)
        {
            byte[] result = new byte[Math.Max(Text.Length, offset + bytes.Length)];
            Text.CopyTo(result, 0);
            bytes.CopyTo(result, offset);
            return result;
        }
    }

    private struct Visitor : IKeyVisitor
    {
        public List<string> Seen;
        public KeyTableModel Model;
        public long Bytes;

        public void Visit(EntryRef entry)
        {
            string name = Encoding.ASCII.GetString(entry.Key);
            Seen.Add(name);
            Bytes += entry.UsedBytes(Model._heap);
            Check(Model._expected[name], entry);
        }
    }
}
