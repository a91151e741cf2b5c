using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Storage.Tests.Structures;

public sealed class SetValueTests
{
    private static readonly SetLimits Usual = new(512, 128, 64);

    [Theory]
    [MemberData(nameof(StructureHeaps.Modes), MemberType = typeof(StructureHeaps))]
    public void Random_operations_agree_with_a_plain_set(string mode) => Seeded.Check(40, 400, (random, operations) =>
    {
        SetLimits limits = new(random.NextInt(20), random.NextInt(20), random.NextInt(20));
        using SetModel model = new(StructureHeaps.Make(mode), limits);
        int range = 1 + random.NextInt(60), addPercent = 30 + random.NextInt(60);
        for (int i = 0; i < operations; i++)
        {
            if (random.NextInt(100) == 0) addPercent = 100 - addPercent;
            model.Step(ref random, range, addPercent);
            if (i % 40 == 0) model.Check();
        }
        model.Check();
        Assert.Equal(0, model.Refusals);
    });

    [Fact]
    public void A_refused_operation_changes_nothing()
    {
        int refusals = 0;
        Seeded.Check(10, 6000, (random, operations) =>
        {
            using SetModel model = new(StructureHeaps.Make("tight"), new SetLimits(16, 16, 64));
            Stack<nint> fillers = Fill(model.Heap, random.NextInt(8));
            for (int i = 0; i < operations; i++)
            {
                int before = model.Refusals;
                model.Step(ref random, 20_000, 90);
                if (model.Refusals == before + 1 && before < 5) model.Check();
            }
            model.Check();
            refusals += model.Refusals;
            Release(model.Heap, fillers);
        });
        Assert.True(refusals > 100, $"{refusals} refusals");
    }

    [Fact]
    public void Encodings_change_where_the_reference_changes_them()
    {
        using SetModel numbers = new(StructureHeaps.Make("plain"), Usual);
        StructureEditor editor = StructureEditor.ForDetached(numbers.Heap, numbers.Entry);
        for (int i = 0; i < 512; i++) SetValue.Add(editor, Usual, StructureHeaps.Bytes(i.ToString()));
        Assert.Equal(EntryEncoding.IntSet, numbers.Entry.Encoding);
        SetValue.Add(editor, Usual, "512"u8);
        Assert.Equal(EntryEncoding.HashTable, numbers.Entry.Encoding);

        using SetModel texts = new(StructureHeaps.Make("plain"), Usual);
        editor = StructureEditor.ForDetached(texts.Heap, texts.Entry);
        for (int i = 0; i < 127; i++) SetValue.Add(editor, Usual, StructureHeaps.Bytes(i.ToString()));
        SetValue.Add(editor, Usual, StructureHeaps.Bytes(new string('x', 64)));
        Assert.Equal(EntryEncoding.ListPack, texts.Entry.Encoding);
        SetValue.Add(editor, Usual, "y"u8);
        Assert.Equal(EntryEncoding.HashTable, texts.Entry.Encoding);

        using SetModel longText = new(StructureHeaps.Make("plain"), Usual);
        editor = StructureEditor.ForDetached(longText.Heap, longText.Entry);
        SetValue.Add(editor, Usual, "1"u8);
        SetValue.Add(editor, Usual, StructureHeaps.Bytes(new string('x', 65)));
        Assert.Equal(EntryEncoding.HashTable, longText.Entry.Encoding);
    }

    [Theory]
    [InlineData(EntryEncoding.HashTable)]
    [InlineData(EntryEncoding.ListPack)]
    [InlineData(EntryEncoding.IntSet)]
    public void Every_member_is_chosen_equally_often(EntryEncoding encoding)
    {
        const int Members = 40, Choices = 40_000;
        using Heap heap = StructureHeaps.Make("plain");
        EntryRef set = SetValue.NewEntry(heap, "k"u8, KeyEntry.NoExpiry, encoding);
        SetLimits limits = new(1000, 1000, 64);
        StructureEditor editor = StructureEditor.ForDetached(heap, set);
        for (int i = 0; i < Members; i++) SetValue.Add(editor, limits, StructureHeaps.Bytes(i.ToString()));
        RandomSource random = new(5);
        int[] counts = new int[Members];
        for (int i = 0; i < Choices; i++) counts[int.Parse(StructureHeaps.Text(SetValue.Choose(heap, set, ref random).Member))]++;
        double mean = (double)Choices / Members;
        double chiSquare = counts.Sum(count => (count - mean) * (count - mean) / mean);
        // 39 degrees of freedom: more than 80 happens once in ten thousand.
        Assert.InRange(chiSquare, 10, 80);
        DetachedEntry.Free(heap, set);
    }

    [Fact]
    public void A_copy_is_equal_and_on_its_own() => Seeded.Check(20, 300, (random, members) =>
    {
        using SetModel model = new(StructureHeaps.Make("moving"), new SetLimits(50, 50, 20));
        for (int i = 0; i < members; i++) model.Step(ref random, 200, 95);
        EntryRef copy = SetValue.Copy(model.Entry, model.Heap, "other"u8, 5);
        Assert.Equal(model.Entry.Encoding, copy.Encoding);
        Assert.Equal(5, copy.ExpiryMs);
        foreach (string name in model.Expected.ToList()) SetValue.Remove(StructureEditor.ForDetached(model.Heap, copy), StructureHeaps.Bytes(name));
        Assert.Equal(0, SetValue.Count(copy));
        model.Check();
        DetachedEntry.Free(model.Heap, copy);
    });

    [Fact]
    public void A_scan_meets_whatever_stays() => Seeded.Check(20, 500, (random, stable) =>
    {
        using Heap heap = StructureHeaps.Make("plain");
        EntryRef set = SetValue.NewEntry(heap, "k"u8, KeyEntry.NoExpiry, EntryEncoding.HashTable);
        StructureEditor editor = StructureEditor.ForDetached(heap, set);
        for (int i = 0; i < stable; i++) SetValue.Add(editor, default, StructureHeaps.Bytes("s" + i));
        NameCollector collector = new() { Names = [] };
        int next = 0, oldest = 0, churn = 1 + random.NextInt(40), calls = 0;
        bool growing = random.NextInt(2) == 0;
        ulong cursor = 0;
        do
        {
            cursor = SetValue.Scan(heap, set, cursor, ref collector);
            if (random.NextInt(10) == 0) growing = !growing;
            for (int i = 0; i < churn && calls < 2000; i++)
            {
                if (growing) SetValue.Add(editor, default, StructureHeaps.Bytes("c" + next++));
                else if (oldest < next) SetValue.Remove(editor, StructureHeaps.Bytes("c" + oldest++));
            }
            Assert.True(++calls < 20_000);
        }
        while (cursor != 0);
        for (int i = 0; i < stable; i++) Assert.Contains("s" + i, collector.Names);
        DetachedEntry.Free(heap, set);
        heap.AssertEmpty();
    });

    [Fact]
    public void Operations_agree_with_plain_ones() => Seeded.Check(60, 200, (random, members) =>
    {
        using Heap heap = StructureHeaps.Make("moving");
        int count = 1 + random.NextInt(4);
        EntryRef[] sets = new EntryRef[count];
        HashSet<string>[] expected = new HashSet<string>[count];
        for (int i = 0; i < count; i++)
        {
            SetLimits limits = new(random.NextInt(150), random.NextInt(150), 64);
            sets[i] = SetValue.NewEntry(heap, "k"u8, KeyEntry.NoExpiry, limits, "1"u8, 1);
            expected[i] = [];
            for (int j = random.NextInt(members); j >= 0; j--)
            {
                string name = random.NextInt(8) == 0 ? SetModel.Name(ref random, 100) : random.NextInt(members).ToString();
                SetValue.Add(StructureEditor.ForDetached(heap, sets[i]), limits, StructureHeaps.Bytes(name));
                expected[i].Add(name);
            }
        }
        SetLimits resultLimits = new(random.NextInt(100), random.NextInt(100), 64);
        Check(Build(static (heap, sets, ref target) => SetAlgebra.Intersect(heap, sets, ref target)), expected.Aggregate((a, b) => [.. a.Intersect(b)]));
        Check(Build(static (heap, sets, ref target) => SetAlgebra.Subtract(heap, sets[0], sets[1..], ref target)), [.. expected.Skip(1).Aggregate(expected[0].AsEnumerable(), (a, b) => a.Except(b))]);
        Check(Build(static (_, sets, ref target) =>
        {
            foreach (EntryRef set in sets) SetAlgebra.AddAll(set, ref target);
        }), [.. expected.SelectMany(e => e)]);
        Check(Build(static (_, sets, ref target) =>
        {
            SetAlgebra.AddAll(sets[0], ref target);
            foreach (EntryRef set in sets[1..]) SetAlgebra.RemoveAll(set, ref target);
        }), [.. expected.Skip(1).Aggregate(expected[0].AsEnumerable(), (a, b) => a.Except(b))]);
        foreach (EntryRef set in sets) DetachedEntry.Free(heap, set);
        heap.AssertEmpty();

        EntryRef Build(Operation operation)
        {
            SetBuilder builder = new(heap, "result"u8, EntryEncoding.IntSet, resultLimits);
            operation(heap, sets, ref builder);
            bool onlyNumbers = true;
            foreach (ListpackElement member in SetValue.Members(builder.Entry))
                onlyNumbers &= NumberText.TryParseInt64(StructureHeaps.Bytes(StructureHeaps.Text(member)), out _);
            if (onlyNumbers && builder.HasOnlyNumbers) builder.PackNumbers();
            return builder.Entry;
        }

        void Check(EntryRef result, HashSet<string> wanted)
        {
            List<string> found = [];
            foreach (ListpackElement member in SetValue.Members(result)) found.Add(StructureHeaps.Text(member));
            Assert.Equal(wanted.Order(), found.Order());
            DetachedEntry.Free(heap, result);
        }
    });

    private delegate void Operation(Heap heap, ReadOnlySpan<EntryRef> sets, ref SetBuilder target);

    /// <summary>Takes most of a small heap away.</summary>
    internal static unsafe Stack<nint> Fill(Heap heap, int leave)
    {
        Stack<nint> fillers = [];
        try
        {
            for (; ; ) fillers.Push((nint)heap.Allocate(60_000));
        }
        catch (HeapExhaustedException)
        {
            for (; leave >= 0 && fillers.Count > 0; leave--) heap.Free((byte*)fillers.Pop());
        }
        return fillers;
    }

    internal static unsafe void Release(Heap heap, Stack<nint> fillers)
    {
        foreach (nint filler in fillers) heap.Free((byte*)filler);
    }

    private struct NameCollector : IElementVisitor
    {
        public HashSet<string> Names;

        public readonly void Visit(ListpackElement element) => Names.Add(StructureHeaps.Text(element));
    }
}
