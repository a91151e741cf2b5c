using System.Text;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Tests.Snapshots;

/// <summary>How a snapshot is to end.</summary>
internal enum SnapshotEnd
{
    /// <summary>All of it is read.</summary>
    Complete,

    /// <summary>The engine gives it up midway.</summary>
    Cancelled,

    /// <summary>The reader ends midway, as it does when the disk fails.</summary>
    Closed,
}

/// <summary>Tables of keys that change while snapshots are taken of them.</summary>
internal sealed class SnapshotBench : IDisposable
{
    private const int SmallKeys = 150;
    private const int StepsMax = 1_000_000;
    private const int WaitMs = 20_000;

    private readonly Heap _heap;
    private readonly KeyTable[] _tables;
    private readonly int[] _kinds;
    private readonly RandomKeys _keys;
    private readonly BigValueLender _lender;
    private readonly LazyFree _lazyFree;
    private RandomSource _random;

    /// <summary>Makes tables with keys.</summary>
    /// <param name="options">Of the heap.</param>
    /// <param name="tables">How many there are.</param>
    /// <param name="seed">Where chance begins.</param>
    /// <param name="kinds">The kinds of values that there are beside small ones; all of them when there is none.</param>
    public SnapshotBench(HeapOptions options, int tables, ulong seed, params int[] kinds)
    {
        _kinds = kinds.Length > 0 ? kinds : [.. Enumerable.Range(0, RandomKeys.Kinds)];
        _heap = new Heap(options);
        _keys = new RandomKeys(_heap);
        _lender = new BigValueLender(_heap);
        _lazyFree = new LazyFree(_heap);
        _random = new RandomSource(seed);
        _tables = [.. Enumerable.Range(0, tables).Select(_ => new KeyTable(_heap))];
        foreach (KeyTable table in _tables) Fill(table);
    }

    /// <summary>The heap of all keys.</summary>
    public Heap Heap => _heap;

    /// <summary>The tables.</summary>
    public IReadOnlyList<KeyTable> Tables => _tables;

    /// <summary>Called between two steps of a snapshot, and changes nothing that it shows.</summary>
    public Action OnStep { get; set; } = static () => { };

    /// <summary>Takes a snapshot while keys change.</summary>
    /// <param name="end">How it ends.</param>
    /// <param name="keepsUp">Whether the reader takes what is there at once, or begins when there is no more room.</param>
    /// <param name="edits">The most changes between two steps.</param>
    /// <returns>The number of steps.</returns>
    public int Run(SnapshotEnd end, bool keepsUp, int edits)
    {
        using var room = new AutoResetEvent(initialState: false);
        using var start = new ManualResetEventSlim(keepsUp);
        var pipe = new SnapshotPipe { HasRoom = () => room.Set() };
        var walk = new SnapshotWalk(_heap, _lender, _lazyFree, pipe, withActivity: true);
        for (int i = 0; i < _tables.Length; i++) walk.Add(i, _tables[i]);
        SortedDictionary<string, string> expected = Read();
        int stopAt = end == SnapshotEnd.Complete ? int.MaxValue : _random.NextInt(expected.Count);
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var reader = new SnapshotReader(pipe, _lender);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            start.Wait();
            failure = Record.Exception(() => ReadAll(reader, found, end == SnapshotEnd.Closed ? stopAt : int.MaxValue));
        });
        thread.Start();
        int steps;
        try
        {
            walk.Begin();
            steps = Walk(walk, edits, end == SnapshotEnd.Cancelled ? stopAt : -1, () =>
            {
                start.Set();
                Assert.True(room.WaitOne(WaitMs), "The reader never made room.");
            });
        }
        finally
        {
            if (!walk.IsDone) pipe.Cancel();
            start.Set();
            thread.Join();
            reader.GiveBackUnread();
            pipe.Dispose();
        }
        if (failure is not null and not OperationCanceledException) throw new InvalidOperationException("Reading failed: " + failure.Message, failure);
        if (end == SnapshotEnd.Complete) AssertEqual(expected, found);
        else Assert.All(found, key => Assert.Equal(expected[key.Key], key.Value));
        return steps;
    }

    private int Walk(SnapshotWalk walk, int edits, int cancelAt, Action awaitRoom)
    {
        int step = 0;
        for (; !walk.IsDone; step++)
        {
            Assert.InRange(step, 0, StepsMax);
            for (int i = _random.NextInt(edits + 1); i > 0; i--) Edit();
            OnStep();
            if (step == cancelAt) walk.Cancel();
            if (!walk.Step(0) && !walk.IsDone) awaitRoom();
        }
        return step;
    }

    /// <summary>Changes keys while there is no snapshot.</summary>
    public void Edit(int times)
    {
        for (int i = 0; i < times; i++) Edit();
    }

    /// <summary>Frees everything; nothing may be left.</summary>
    public void FreeAll()
    {
        foreach (KeyTable table in _tables) table.Retire().Free();
        _lender.FreeReturned();
        _lazyFree.Dispose();
        _heap.AbsorbBackgroundFrees(int.MaxValue);
        foreach (KeyTable table in _tables) table.Destroy();
        _heap.AssertEmpty();
    }

    public void Dispose() => _heap.Dispose();

    public static void AssertEqual(SortedDictionary<string, string> expected, SortedDictionary<string, string> found)
    {
        Assert.Equal(expected.Keys, found.Keys);
        foreach ((string key, string value) in expected) Assert.Equal($"{key}\n{value}", $"{key}\n{found[key]}");
    }

    private static byte[] Name(int number) => Encoding.ASCII.GetBytes("key:" + number);

    private void ReadAll(SnapshotReader reader, SortedDictionary<string, string> found, int count)
    {
        try
        {
            while (found.Count < count && reader.TryNext(out int database, out EntryRef entry))
            {
                string name = $"{database} {Encoding.ASCII.GetString(entry.Key)}";
                found.Add(name, reader.IsInPieces ? ValueText.OfPieces(reader, entry) : ValueText.OfEntry(_heap, entry));
            }
        }
        finally
        {
            reader.Close();
        }
    }

    /// <summary>All that the keys are.</summary>
    public SortedDictionary<string, string> Read()
    {
        Visitor visitor = new() { Heap = _heap, Found = new SortedDictionary<string, string>(StringComparer.Ordinal) };
        for (int i = 0; i < _tables.Length; i++)
        {
            visitor.Database = i;
            ulong cursor = 0;
            do cursor = _tables[i].Scan(cursor, ref visitor);
            while (cursor != 0);
        }
        return visitor.Found;
    }

    private void Fill(KeyTable table)
    {
        for (int i = 0; i < _kinds.Length; i++) _keys.Add(ref _random, table, Name(i), _kinds[i]);
        for (int i = 0; i < SmallKeys; i++) _keys.Add(ref _random, table, Name(_kinds.Length + i), _random.NextInt(4));
    }

    private void Edit()
    {
        int kind = _random.NextInt(1000);
        _lender.FreeReturned();
        _heap.AbsorbBackgroundFrees(8);
        if (kind == 0) _lazyFree.Free(_tables[_random.NextInt(_tables.Length)].Retire());
        else if (kind == 1) _tables.AsSpan().Reverse();
        else if (kind < 20) _tables[_random.NextInt(_tables.Length)].ShrinkStep(4);
        else EditKey(_tables[_random.NextInt(_tables.Length)]);
    }

    private void EditKey(KeyTable table)
    {
        int number = _random.NextInt(_random.NextInt(2) == 0 ? _kinds.Length : _kinds.Length + SmallKeys);
        byte[] key = Name(number);
        ulong hash = table.Hash(key);
        if (!table.TryFind(hash, key, out KeySlot slot))
        {
            _keys.Add(ref _random, table, key, number < _kinds.Length ? _kinds[number] : _random.NextInt(4));
            return;
        }
        int kind = _random.NextInt(40);
        if (kind == 0) Remove(table, hash, slot);
        else if (kind == 1) table.SetExpiry(table.BeginWrite(hash), hash, slot, _random.NextInt(2) == 0 ? -1 : _random.NextInt(1000));
        else if (kind == 2) Rename(table, hash, slot);
        else if (kind == 3) Move(table, hash, slot, key);
        else if (!RandomEdits.Change(ref _random, table, hash, slot)) RemoveEmpty(table, hash, key);
    }

    private void Remove(KeyTable table, ulong hash, KeySlot slot)
    {
        WritePermit permit = table.BeginWrite(hash);
        if (_random.NextInt(2) == 0) table.Remove(permit, hash, slot);
        else _lazyFree.Free(table.Detach(permit, hash, slot));
    }

    private static void RemoveEmpty(KeyTable table, ulong hash, byte[] key)
    {
        Assert.True(table.TryFind(hash, key, out KeySlot slot));
        table.Remove(table.BeginWrite(hash), hash, slot);
    }

    private void Rename(KeyTable table, ulong hash, KeySlot slot)
    {
        byte[] name = Name(_random.NextInt(_kinds.Length + SmallKeys));
        ulong newHash = table.Hash(name);
        if (table.Find(newHash, name).IsNull) table.Rename(table.BeginWrite(hash), hash, slot, newHash, name);
    }

    private void Move(KeyTable table, ulong hash, KeySlot slot, byte[] key)
    {
        KeyTable other = _tables[_random.NextInt(_tables.Length)];
        if (other.Find(hash, key).IsNull) other.TakeFrom(table, table.BeginWrite(hash), hash, slot);
    }

    private struct Visitor : IKeyVisitor
    {
        public Heap Heap;
        public SortedDictionary<string, string> Found;
        public int Database;

        public readonly void Visit(EntryRef entry) =>
            Found[$"{Database} {Encoding.ASCII.GetString(entry.Key)}"] = ValueText.OfEntry(Heap, entry);
    }
}
