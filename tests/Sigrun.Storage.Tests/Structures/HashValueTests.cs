using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Storage.Tests.Structures;

public sealed class HashValueTests
{
    private static readonly HashLimits Usual = new(128, 64);

    [Theory]
    [MemberData(nameof(StructureHeaps.Modes), MemberType = typeof(StructureHeaps))]
    public void Random_operations_agree_with_a_dictionary(string mode) => Seeded.Check(40, 500, (random, operations) =>
    {
        using HashModel model = new(StructureHeaps.Make(mode), new HashLimits(random.NextInt(20), random.NextInt(20)));
        int range = 1 + random.NextInt(60);
        bool expires = random.NextInt(3) > 0;
        for (int i = 0; i < operations; i++)
        {
            model.Step(ref random, range, expires);
            if (i % 40 == 0) model.Check();
        }
        model.Check();
        model.ExpireAll();
        model.Check();
        Assert.Equal(0, model.Refusals);
    });

    [Fact]
    public void A_refused_operation_changes_nothing()
    {
        int refusals = 0;
        Seeded.Check(10, 6000, (random, operations) =>
        {
            using HashModel model = new(StructureHeaps.Make("tight"), new HashLimits(16, 64));
            Stack<nint> fillers = SetValueTests.Fill(model.Heap, random.NextInt(8));
            for (int i = 0; i < operations; i++)
            {
                int before = model.Refusals;
                model.Step(ref random, 20_000, expires: true);
                if (model.Refusals > before && before < 5) model.Check();
            }
            model.Check();
            refusals += model.Refusals;
            SetValueTests.Release(model.Heap, fillers);
        });
        Assert.True(refusals > 50, $"{refusals} refusals");
    }

    [Fact]
    public void Encodings_change_where_the_reference_changes_them()
    {
        using Heap heap = StructureHeaps.Make("plain");
        EntryRef hash = HashValue.NewEntry(heap, "k"u8, KeyEntry.NoExpiry);
        HashEditor editor = new(StructureEditor.ForDetached(heap, hash));
        for (int i = 0; i < 128; i++) editor.Set(Usual, StructureHeaps.Bytes("f" + i), StructureHeaps.Bytes(new string('v', 64)), -1, false, 0);
        editor.Set(Usual, "f0"u8, "again"u8, -1, false, 0);
        Assert.Equal(EntryEncoding.ListPack, hash.Encoding);
        editor.Set(Usual, "one more"u8, "v"u8, -1, false, 0);
        Assert.Equal(EntryEncoding.HashTable, hash.Encoding);
        DetachedEntry.Free(heap, hash);

        hash = HashValue.NewEntry(heap, "k"u8, KeyEntry.NoExpiry);
        editor = new HashEditor(StructureEditor.ForDetached(heap, hash));
        editor.Set(Usual, "f"u8, "v"u8, -1, false, 0);
        editor.SetExpiry("f"u8, -1);
        Assert.Equal(EntryEncoding.ListPack, hash.Encoding);
        editor.SetExpiry("f"u8, 5);
        Assert.Equal(EntryEncoding.HashTable, hash.Encoding);
        DetachedEntry.Free(heap, hash);
        heap.AssertEmpty();
    }

    /// <summary>The queue over several segments: added in order, in reverse and at random, thinned out, then emptied by time.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Many_fields_expire_in_the_order_of_their_times(int order)
    {
        const int Fields = 9000;
        using Heap heap = StructureHeaps.Make("plain");
        EntryRef hash = HashValue.NewTable(heap, "k"u8, KeyEntry.NoExpiry, Fields);
        HashEditor editor = new(StructureEditor.ForDetached(heap, hash));
        RandomSource random = new(3);
        for (int i = 0; i < Fields; i++)
        {
            long expiryMs = order == 0 ? i : order == 1 ? Fields - i : random.NextInt(Fields);
            editor.AddNew(StructureHeaps.Bytes("f" + i), "v"u8, expiryMs);
        }
        int left = Fields;
        for (int i = 0; i < Fields; i++)
        {
            if (random.NextInt(3) > 0) continue;
            Assert.True(editor.Remove(StructureHeaps.Bytes("f" + i), HashValue.BeforeAll));
            left--;
        }
        long last = -1;
        for (; HashValue.TryGetDue(hash, long.MaxValue, out HashFieldRef due); left--)
        {
            Assert.InRange(due.ExpiryMs, last, Fields);
            last = due.ExpiryMs;
            editor.RemoveFirstExpiring();
        }
        Assert.Equal(0, left);
        Assert.Equal(0, HashValue.Count(hash));
        DetachedEntry.Free(heap, hash);
        heap.AssertEmpty();
    }

    [Fact]
    public void A_field_takes_few_bytes_more_than_its_text_and_one_that_expires_few_more()
    {
        const int Fields = 50_000;
        using Heap heap = StructureHeaps.Make("plain");
        double plain = BytesPerField(heap, Fields, -1);
        double expiring = BytesPerField(heap, Fields, 1_000_000);
        Assert.InRange(plain, 42, 49);
        Assert.InRange(expiring, 58, 66);
    }

    [Fact]
    public void A_copy_is_equal_and_on_its_own() => Seeded.Check(20, 300, (random, steps) =>
    {
        using HashModel model = new(StructureHeaps.Make("moving"), new HashLimits(30, 64));
        for (int i = 0; i < steps; i++) model.Step(ref random, 100, expires: true);
        EntryRef copy = HashValue.Copy(model.Entry, model.Heap, "other"u8, 5);
        Assert.Equal(model.Entry.Encoding, copy.Encoding);
        Assert.Equal(model.Count, HashValue.Count(copy));
        HashEditor editor = new(StructureEditor.ForDetached(model.Heap, copy));
        HashCursor fields = HashValue.Fields(model.Entry, HashValue.BeforeAll);
        while (fields.MoveNext())
        {
            byte[] name = StructureHeaps.Bytes(StructureHeaps.Text(fields.Field));
            Assert.True(HashValue.TryGet(model.Heap, copy, name, HashValue.BeforeAll, out HashFieldRef found));
            Assert.Equal(fields.ExpiryMs, found.ExpiryMs);
            Assert.True(editor.Remove(name, HashValue.BeforeAll));
        }
        Assert.False(HashValue.HasExpiring(copy));
        model.Check();
        DetachedEntry.Free(model.Heap, copy);
    });

    [Fact]
    public void A_scan_meets_whatever_stays_and_nothing_that_has_expired() => Seeded.Check(20, 400, (random, stable) =>
    {
        using Heap heap = StructureHeaps.Make("plain");
        EntryRef hash = HashValue.NewTable(heap, "k"u8, KeyEntry.NoExpiry, 1);
        HashEditor editor = new(StructureEditor.ForDetached(heap, hash));
        for (int i = 0; i < stable; i++) editor.AddNew(StructureHeaps.Bytes("s" + i), "v"u8, i % 3 == 0 ? 100 : i % 3 == 1 ? 10 : -1);
        FieldCollector collector = new() { Names = [] };
        int next = 0, oldest = 0, churn = 1 + random.NextInt(30), calls = 0;
        bool growing = random.NextInt(2) == 0;
        ulong cursor = 0;
        do
        {
            cursor = HashValue.Scan(heap, hash, cursor, 50, ref collector);
            if (random.NextInt(10) == 0) growing = !growing;
            for (int i = 0; i < churn && calls < 2000; i++)
            {
                if (growing) editor.AddNew(StructureHeaps.Bytes("c" + next++), "v"u8, -1);
                else if (oldest < next) editor.Remove(StructureHeaps.Bytes("c" + oldest++), 50);
            }
            Assert.True(++calls < 20_000);
        }
        while (cursor != 0);
        for (int i = 0; i < stable; i++) Assert.Equal(i % 3 != 1, collector.Names.Contains("s" + i));
        DetachedEntry.Free(heap, hash);
        heap.AssertEmpty();
    });

    /// <summary>Whatever happens to the keys, the register holds just the hashes with fields that expire.</summary>
    [Fact]
    public void The_register_follows_the_keys() => Seeded.Check(30, 300, (random, operations) =>
    {
        using Heap heap = StructureHeaps.Make("moving");
        KeyTable first = new(heap), second = new(heap);
        for (int i = 0; i < operations; i++)
        {
            KeyTable table = random.NextInt(2) == 0 ? first : second;
            byte[] key = [(byte)('a' + random.NextInt(6))];
            ulong hash = table.Hash(key);
            bool found = table.TryFind(hash, key, out KeySlot slot);
            WritePermit permit = table.BeginWrite(hash);
            switch (random.NextInt(10))
            {
                case < 3 when !found:
                    EntryRef made = HashValue.NewTable(heap, key, random.NextInt(2) == 0 ? 5 : -1, 1);
                    new HashEditor(StructureEditor.ForDetached(heap, made)).AddNew("f"u8, "v"u8, random.NextInt(2) == 0 ? 7 : -1);
                    table.Attach(permit, hash, made);
                    break;
                case < 5 when found:
                    table.ReserveFieldExpiry(hash);
                    new HashEditor(new StructureEditor(heap, permit, slot.Entry)).SetExpiry("f"u8, random.NextInt(2) == 0 ? 9 : -1);
                    table.NoteFieldExpiry(hash, slot.Entry);
                    break;
                case 5 when found:
                    table.SetExpiry(permit, hash, slot, random.NextInt(2) == 0 ? 11 : -1);
                    break;
                case 6 when found:
                    byte[] name = [(byte)('a' + random.NextInt(6))];
                    if (!table.TryFind(table.Hash(name), name, out _)) table.Rename(permit, hash, slot, table.Hash(name), name);
                    break;
                case 7 when found:
                    KeyTable other = table == first ? second : first;
                    if (!other.TryFind(hash, key, out _)) other.TakeFrom(table, permit, hash, slot);
                    break;
                case 8 when found:
                    table.Remove(permit, hash, slot);
                    break;
                case 9 when random.NextInt(20) == 0:
                    table.Retire().Free();
                    heap.AbsorbBackgroundFrees(int.MaxValue);
                    break;
            }
            CheckRegister(first);
            CheckRegister(second);
        }
        foreach (KeyTable table in (KeyTable[])[first, second])
        {
            table.Retire().Free();
            heap.AbsorbBackgroundFrees(int.MaxValue);
            table.Destroy();
        }
        heap.AssertEmpty();
    });

    private static void CheckRegister(KeyTable table)
    {
        KeyCollector all = new() { Keys = [] }, registered = new() { Keys = [] };
        ulong cursor = 0;
        do cursor = table.Scan(cursor, ref all);
        while (cursor != 0);
        do cursor = table.ScanFieldExpiring(cursor, ref registered);
        while (cursor != 0);
        Assert.Equal(all.Keys.Where(k => k.Value).Select(k => k.Key).Order(), registered.Keys.Keys.Order());
        Assert.Equal(registered.Keys.Count, table.FieldExpiringCount);
    }

    private static double BytesPerField(Heap heap, int fields, long expiryMs)
    {
        EntryRef hash = HashValue.NewTable(heap, "k"u8, KeyEntry.NoExpiry, 1);
        HashEditor editor = new(StructureEditor.ForDetached(heap, hash));
        for (int i = 0; i < fields; i++) editor.AddNew(StructureHeaps.Bytes($"field:{i:d10}"), "0123456789abcdef"u8, expiryMs);
        double bytes = (double)heap.UsedBytes / fields;
        Assert.InRange(HashValue.UsedBytes(heap, hash, long.MaxValue), heap.UsedBytes - 64, heap.UsedBytes);
        DetachedEntry.Free(heap, hash);
        return bytes;
    }

    private struct FieldCollector : IFieldVisitor
    {
        public HashSet<string> Names;

        public readonly void Visit(in HashFieldRef field) => Names.Add(StructureHeaps.Text(field.Field));
    }

    private struct KeyCollector : IKeyVisitor
    {
        public Dictionary<byte, bool> Keys;

        public readonly void Visit(EntryRef entry) => Keys[entry.Key[0]] = HashValue.HasExpiring(entry);
    }
}
