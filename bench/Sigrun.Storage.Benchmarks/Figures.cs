using System.Globalization;
using System.Text;

namespace Sigrun.Storage.Benchmarks;

/// <summary>
/// Bytes per key, used and resident, and time per operation at the counts that matter: one where the
/// table has just finished a round of splits, others in the middle of one. Time is processor time, so
/// that a busy machine disturbs it little.
/// </summary>
internal static unsafe class Figures
{
    private const int Batch = 32;
    private const int KeyBytes = 16;
    private const int Lookups = 2_000_000;
    private const int Repeats = 3;
    private const int WarmUps = 4, WarmUpKeys = 100_000;

    private static readonly int[] Counts = [1_000_000, 1_400_000, 1_800_000];
    private static readonly (int Value, bool Expiring)[] Shapes = [(3, false), (64, false), (64, true)];

    public static void Run(string[] args)
    {
        for (int i = 0; i < WarmUps; i++)
            _ = Measure(WarmUpKeys, 64, i % 2 == 0, huge: false);
        Primitives();
        Console.WriteLine("keys      value ttl  huge | B/key used resident | ns: insert  find  batch  miss  batch  overwrite  remove | absorbing a flush");
        Console.WriteLine("(all but find and miss in batches of 32, prefetched)");
        int[] asked = [.. args.Select(count => int.Parse(count, CultureInfo.InvariantCulture))];
        foreach (int keys in asked.Length > 0 ? asked : Counts)
        {
            foreach ((int value, bool expiring) in Shapes)
            {
                Console.WriteLine(Measure(keys, value, expiring, huge: false));
                Console.WriteLine(Measure(keys, value, expiring, huge: true));
            }
        }
    }

    private static void Primitives()
    {
        byte[] keys = MakeKeys(1024, i => i);
        KeyHasher aes = new("0123456789abcdef"u8), sip = KeyHasher.SipHash("0123456789abcdef"u8);
        double aesTime = Best(() => HashAll(aes, keys)), sipTime = Best(() => HashAll(sip, keys));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"hash of 16 bytes: {aesTime:F1} ns, SipHash-1-3 {sipTime:F1} ns"));
        foreach (int size in new[] { 28, 96, 1000, 40_000 })
        {
            using Heap heap = new();
            nuint[] blocks = new nuint[1000];
            double pair = Best(() => AllocateAndFree(heap, blocks.AsSpan(0, 1), size));
            double many = Best(() => AllocateAndFree(heap, blocks, size));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size} bytes allocated and freed: {pair:F1} ns, a thousand at a time {many:F1} ns"));
        }
    }

    private static long HashAll(KeyHasher hasher, byte[] keys)
    {
        ulong sum = 0;
        for (int i = 0; i < Lookups; i++)
            sum += hasher.Hash(keys.AsSpan((i & 1023) * KeyBytes, KeyBytes));
        return (long)sum;
    }

    private static long AllocateAndFree(Heap heap, Span<nuint> blocks, int size)
    {
        for (int done = 0; done < Lookups; done += blocks.Length)
        {
            foreach (ref nuint block in blocks)
                block = (nuint)heap.Allocate((nuint)size);
            foreach (nuint block in blocks)
                heap.Free((byte*)block);
        }
        return heap.UsedBytes;
    }

    private static string Measure(int count, int valueLength, bool expiring, bool huge)
    {
        byte[] keys = MakeKeys(count, i => i);
        RandomSource random = new(42);
        byte[] present = MakeKeys(Lookups, _ => random.NextInt(count));
        byte[] absent = MakeKeys(Lookups, _ => random.NextInt(count) + count);
        byte[] value = new byte[valueLength];
        value.AsSpan().Fill((byte)'x');
        GC.Collect();
        long before = Resident();
        using Heap heap = new(new HeapOptions { HugePages = huge });
        KeyTable table = new(heap);
        long expiry = expiring ? 1_900_000_000_000 : KeyEntry.NoExpiry;

        double insert = Time(count, () => SetBatch(table, keys, value, expiry));
        double used = (double)heap.UsedBytes / count;
        double resident = (double)(Resident() - before) / count;
        double hit = Best(() => Find(table, present));
        double hitBatch = Best(() => FindBatch(table, present));
        double miss = Best(() => Find(table, absent));
        double missBatch = Best(() => FindBatch(table, absent));
        double overwrite = Best(() => SetBatch(table, present, value, expiry));
        double remove = Time(count, () => RemoveBatch(table, keys));
        SetBatch(table, keys, value, expiry);
        RetiredKeys retired = table.Retire();
        Thread freeing = new(() => retired.Free());
        freeing.Start();
        freeing.Join();
        int groups = 0;
        double absorb = Time(1000, () => groups = heap.AbsorbBackgroundFrees(int.MaxValue));
        return string.Create(CultureInfo.InvariantCulture,
            $"{count,-9} {valueLength,5} {(expiring ? "yes" : "no"),-4} {(huge ? "yes" : "no"),-4} | {used,10:F1} {resident,8:F1} | {insert,10:F1} {hit,5:F1} {hitBatch,6:F1} {miss,5:F1} {missBatch,6:F1} {overwrite,10:F1} {remove,7:F1} | {absorb,6:F0} us {groups,5} groups");
    }

    private static long Find(KeyTable table, byte[] keys)
    {
        long sum = 0;
        for (int at = 0; at < keys.Length; at += KeyBytes)
        {
            ReadOnlySpan<byte> key = keys.AsSpan(at, KeyBytes);
            EntryRef entry = table.Find(table.Hash(key), key);
            if (!entry.IsNull)
                sum += entry.ValueBytes[^1];
        }
        return sum;
    }

    private static long FindBatch(KeyTable table, byte[] keys)
    {
        long sum = 0;
        Span<ulong> hashes = stackalloc ulong[Batch];
        for (int at = 0; at < keys.Length; at += Batch * KeyBytes)
        {
            Prefetch(table, keys.AsSpan(at, Batch * KeyBytes), hashes, false);
            for (int i = 0; i < Batch; i++)
            {
                EntryRef entry = table.Find(hashes[i], keys.AsSpan(at + i * KeyBytes, KeyBytes));
                if (!entry.IsNull)
                    sum += entry.ValueBytes[^1];
            }
        }
        return sum;
    }

    private static long SetBatch(KeyTable table, byte[] keys, byte[] value, long expiry)
    {
        Span<ulong> hashes = stackalloc ulong[Batch];
        for (int at = 0; at < keys.Length; at += Batch * KeyBytes)
        {
            Prefetch(table, keys.AsSpan(at, Batch * KeyBytes), hashes, expiry >= 0);
            for (int i = 0; i < Batch; i++)
            {
                ReadOnlySpan<byte> key = keys.AsSpan(at + i * KeyBytes, KeyBytes);
                WritePermit permit = table.BeginWrite(hashes[i]);
                if (table.TryFind(hashes[i], key, out KeySlot slot))
                    table.SetString(permit, hashes[i], slot, value, EntryEncoding.Embedded, expiry);
                else
                    table.AddString(permit, hashes[i], key, value, EntryEncoding.Embedded, expiry);
            }
        }
        return table.Count;
    }

    private static long RemoveBatch(KeyTable table, byte[] keys)
    {
        Span<ulong> hashes = stackalloc ulong[Batch];
        for (int at = 0; at < keys.Length; at += Batch * KeyBytes)
        {
            Prefetch(table, keys.AsSpan(at, Batch * KeyBytes), hashes, table.ExpiringCount > 0);
            for (int i = 0; i < Batch; i++)
            {
                if (table.TryFind(hashes[i], keys.AsSpan(at + i * KeyBytes, KeyBytes), out KeySlot slot))
                    table.Remove(table.BeginWrite(hashes[i]), hashes[i], slot);
            }
        }
        return table.Count;
    }

    private static void Prefetch(KeyTable table, ReadOnlySpan<byte> keys, Span<ulong> hashes, bool writesExpiry)
    {
        for (int i = 0; i < Batch; i++)
        {
            hashes[i] = table.Hash(keys.Slice(i * KeyBytes, KeyBytes));
            table.PrefetchLine(hashes[i]);
            if (writesExpiry)
                table.PrefetchExpiryLine(hashes[i]);
        }
        foreach (ulong hash in hashes)
            table.PrefetchEntry(hash);
    }

    private static byte[] MakeKeys(int count, Func<int, int> number)
    {
        byte[] keys = GC.AllocateUninitializedArray<byte>(count * KeyBytes, pinned: true);
        for (int i = 0; i < count; i++)
            Encoding.ASCII.GetBytes($"key:{number(i):D12}", keys.AsSpan(i * KeyBytes, KeyBytes));
        return keys;
    }

    private static double Best(Func<long> work) => Enumerable.Range(0, Repeats).Min(_ => Time(Lookups, work));

    private static double Time(int operations, Func<long> work)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        long sum = work();
        double elapsed = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / operations;
        GC.KeepAlive(sum);
        return elapsed;
    }

    private static long Resident()
    {
        if (!OperatingSystem.IsLinux())
            return Environment.WorkingSet;
        string line = File.ReadLines("/proc/self/smaps_rollup").First(l => l.StartsWith("Rss:", StringComparison.Ordinal));
        return long.Parse(line[4..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
