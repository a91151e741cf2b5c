using System.Text;
using BenchmarkDotNet.Attributes;

namespace Sigrun.Storage.Benchmarks;

/// <summary>The keyed hash, by key length.</summary>
public class HashBenchmarks
{
    private readonly KeyHasher _aes = new("0123456789abcdef"u8);
    private readonly KeyHasher _sip = KeyHasher.SipHash("0123456789abcdef"u8);
    private byte[] _key = [];

    [Params(4, 16, 32, 256)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup() => _key = Encoding.ASCII.GetBytes(new string('k', Length));

    [Benchmark]
    public ulong Aes() => _aes.Hash(_key);

    [Benchmark]
    public ulong SipHash() => _sip.Hash(_key);
}

/// <summary>Lookups in a table of a million keys, one after the other and with a batch prefetched.</summary>
public class TableBenchmarks
{
    private const int Keys = 1_000_000, Batch = 32, Rounds = 1024;

    private readonly byte[][] _keys = new byte[Keys * 2][];
    private readonly int[] _order = new int[Batch * Rounds];
    private readonly ulong[] _hashes = new ulong[Batch];
    private Heap _heap = null!;
    private KeyTable _table = null!;

    [Params(true, false)]
    public bool Present { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _heap = new Heap();
        _table = new KeyTable(_heap);
        RandomSource random = new(1);
        for (int i = 0; i < _keys.Length; i++)
            _keys[i] = Encoding.ASCII.GetBytes($"key:{i:D12}");
        for (int i = 0; i < Keys; i++)
        {
            ulong hash = _table.Hash(_keys[i]);
            _table.AddString(_table.BeginWrite(hash), hash, _keys[i], "abc"u8, EntryEncoding.Embedded);
        }
        for (int i = 0; i < _order.Length; i++)
            _order[i] = random.NextInt(Keys) + (Present ? 0 : Keys);
    }

    [GlobalCleanup]
    public void Cleanup() => _heap.Dispose();

    [Benchmark(OperationsPerInvoke = Batch * Rounds)]
    public int Find()
    {
        int found = 0;
        foreach (int i in _order)
            found += _table.Find(_table.Hash(_keys[i]), _keys[i]).IsNull ? 0 : 1;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Batch * Rounds)]
    public int FindInBatches()
    {
        int found = 0;
        for (int start = 0; start < _order.Length; start += Batch)
        {
            for (int i = 0; i < Batch; i++)
                _table.PrefetchLine(_hashes[i] = _table.Hash(_keys[_order[start + i]]));
            for (int i = 0; i < Batch; i++)
                _table.PrefetchEntry(_hashes[i]);
            for (int i = 0; i < Batch; i++)
                found += _table.Find(_hashes[i], _keys[_order[start + i]]).IsNull ? 0 : 1;
        }
        return found;
    }
}

/// <summary>A key added and removed again, in a table of a million.</summary>
public class InsertBenchmarks
{
    private const int Keys = 1_000_000;

    private Heap _heap = null!;
    private KeyTable _table = null!;
    private byte[] _key = [];

    [GlobalSetup]
    public void Setup()
    {
        _heap = new Heap();
        _table = new KeyTable(_heap);
        for (int i = 0; i < Keys; i++)
            Add(Encoding.ASCII.GetBytes($"key:{i:D12}"));
        _key = "key:absent"u8.ToArray();
    }

    [GlobalCleanup]
    public void Cleanup() => _heap.Dispose();

    [Benchmark]
    public void InsertAndRemove()
    {
        ulong hash = Add(_key);
        if (_table.TryFind(hash, _key, out KeySlot slot))
            _table.Remove(_table.BeginWrite(hash), hash, slot);
    }

    private ulong Add(byte[] key)
    {
        ulong hash = _table.Hash(key);
        _table.AddString(_table.BeginWrite(hash), hash, key, "abc"u8, EntryEncoding.Embedded);
        return hash;
    }
}

/// <summary>Blocks taken and given back: one at a time, and a thousand at a time.</summary>
public unsafe class HeapBenchmarks
{
    private const int Many = 1000;

    private readonly nuint[] _blocks = new nuint[Many];
    private Heap _heap = null!;

    [Params(28, 96, 1000, 40_000)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup() => _heap = new Heap();

    [GlobalCleanup]
    public void Cleanup() => _heap.Dispose();

    [Benchmark]
    public void AllocateAndFree() => _heap.Free(_heap.Allocate((nuint)Size));

    [Benchmark(OperationsPerInvoke = Many)]
    public void AllocateManyFreeMany()
    {
        for (int i = 0; i < Many; i++)
            _blocks[i] = (nuint)_heap.Allocate((nuint)Size);
        for (int i = 0; i < Many; i++)
            _heap.Free((byte*)_blocks[i]);
    }
}
