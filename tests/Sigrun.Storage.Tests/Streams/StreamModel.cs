using System.Text;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Tests.Streams;

/// <summary>A stream beside plain lists of what it should hold.</summary>
internal sealed unsafe class StreamModel : IDisposable
{
    private static readonly byte[] Key = "the stream"u8.ToArray();
    private static readonly string[] GroupNames = ["g", "group", "a group with a long name", "a group with a long name too"];
    private static readonly string[] ConsumerNames = ["c", "d", "a consumer with a long name", ""];

    private readonly SortedList<StreamId, string[]> _entries = [];
    private readonly SortedDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Heap _heap;
    private readonly StreamLimits _limits;
    private EntryRef _entry;
    private StreamId _last;
    private StreamId _maxDeleted;
    private ulong _added;

    public StreamModel(HeapOptions options, StreamLimits limits)
    {
        _heap = new Heap(options);
        _limits = limits;
        _entry = StreamValue.NewEntry(_heap, Key, -1);
    }

    private StreamView View => new(_entry);

    public void Step(ref RandomSource random)
    {
        int choice = random.NextInt(100);
        if (choice < 45) Append(ref random);
        else if (choice < 55) Delete(Pick(ref random));
        else if (choice < 58) Trim(ref random);
        else if (choice < 61) ChangeGroup(ref random);
        else if (choice < 95) Pend(ref random);
        else if (choice < 97) CheckRange(Pick(ref random), Pick(ref random));
        else CheckCopy();
    }

    public void CheckAll()
    {
        Assert.Equal(_entries.Count, View.Length);
        Assert.Equal(_last, View.LastId);
        Assert.Equal(_maxDeleted, View.MaxDeletedId);
        Assert.Equal(_added, View.EntriesAdded);
        Assert.Equal(_entries.Count == 0 ? default : _entries.GetKeyAtIndex(0), View.FirstId);
        Assert.Equal(_entries.Count > 0, View.TryGetLastEntry(out StreamId last));
        Assert.Equal(_entries.Count == 0 ? default : _entries.GetKeyAtIndex(_entries.Count - 1), last);
        CheckRange(StreamId.Min, StreamId.Max);
        CheckNodes();
        CheckGroups(View);
        Assert.Equal(_heap.UsedBytes, _entry.UsedBytes(_heap) + View.UsedBytes(_heap, long.MaxValue));
    }

    public void Dispose()
    {
        DetachedEntry.Free(_heap, _entry);
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private StreamEditor Edit() => new(StructureEditor.ForDetached(_heap, _entry));

    private StreamId Pick(ref RandomSource random)
    {
        if (random.NextInt(10) == 0 || _entries.Count == 0) return new StreamId((ulong)random.NextInt((int)_last.Ms + 3), (ulong)random.NextInt(3));
        return _entries.GetKeyAtIndex(random.NextInt(_entries.Count));
    }

    private void Append(ref RandomSource random)
    {
        string[] fields = Fields(ref random);
        _last = random.NextInt(3) == 0
            ? _last with { Seq = _last.Seq + 1 + (ulong)random.NextInt(5000) }
            : new StreamId(_last.Ms + 1 + (ulong)random.NextInt(3), (ulong)random.NextInt(4));
        Assert.True(Edit().TryAppend(_last, new TextFields(fields), _limits));
        _entries.Add(_last, fields);
        _added++;
    }

    private static string[] Fields(ref RandomSource random)
    {
        string[] values = ["1", "-70", "value", "", "12345678901", "012", new('v', 63), new('v', 64), new('w', 300)];
        string[] names = random.NextInt(4) switch
        {
            0 => ["field"],
            1 => ["field", "17"],
            2 => [new string('n', 70)],
            _ => ["field", "other"],
        };
        var fields = new List<string>();
        foreach (string name in names)
        {
            fields.Add(name);
            fields.Add(values[random.NextInt(values.Length)]);
        }
        return [.. fields];
    }

    private void Delete(StreamId id)
    {
        bool known = _entries.Remove(id);
        Assert.Equal(known, Edit().Delete(id));
        Assert.False(View.Contains(id));
        if (known && id > _maxDeleted) _maxDeleted = id;
    }

    private void Trim(ref RandomSource random)
    {
        bool byLength = random.NextInt(2) == 0;
        bool wholeNodes = random.NextInt(2) == 0;
        ulong length = (ulong)random.NextInt(_entries.Count + 5);
        StreamId minId = Pick(ref random);
        long limit = wholeNodes ? random.NextInt(50) : 0;
        long removed = Edit().Trim(new StreamTrim(byLength, length, minId, wholeNodes, limit));
        long wanted = byLength ? Math.Max(0, _entries.Count - (long)length) : _entries.Keys.Count(id => id < minId);
        if (wholeNodes) Assert.InRange(removed, 0, limit == 0 ? wanted : Math.Min(limit, wanted));
        else Assert.Equal(wanted, removed);
        for (; removed > 0; removed--) _entries.RemoveAt(0);
    }

    private void ChangeGroup(ref RandomSource random)
    {
        string name = GroupNames[random.NextInt(GroupNames.Length)];
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        if (random.NextInt(3) > 0)
        {
            Assert.Equal(!_groups.ContainsKey(name), !Edit().TryAddGroup(bytes, _last, (long)_added).IsNone);
            _groups.TryAdd(name, new Group { LastId = _last, Read = (long)_added });
        }
        else
        {
            Assert.Equal(_groups.Remove(name), Edit().RemoveGroup(bytes));
        }
    }

    private void Pend(ref RandomSource random)
    {
        string name = GroupNames[random.NextInt(GroupNames.Length)];
        StreamGroup group = View.FindGroup(Encoding.ASCII.GetBytes(name));
        Assert.Equal(!_groups.TryGetValue(name, out Group? expected), group.IsNone);
        if (expected is null) return;
        string consumerName = ConsumerNames[random.NextInt(ConsumerNames.Length)];
        byte[] consumerBytes = Encoding.ASCII.GetBytes(consumerName);
        StreamConsumer consumer = group.FindConsumer(consumerBytes);
        Assert.Equal(!expected.Consumers.Contains(consumerName), consumer.IsNone);
        if (consumer.IsNone)
        {
            consumer = Edit().TryAddConsumer(group, consumerBytes, 1, -1);
            expected.Consumers.Add(consumerName);
        }
        else if (random.NextInt(60) == 0)
        {
            Edit().RemoveConsumer(group, consumer);
            expected.Consumers.Remove(consumerName);
            foreach (StreamId id in expected.Pending.Where(p => p.Value.Consumer == consumerName).Select(p => p.Key).ToArray()) expected.Pending.Remove(id);
            return;
        }
        Deliver(ref random, group, consumer, consumerName, expected);
    }

    private void Deliver(ref RandomSource random, StreamGroup group, StreamConsumer consumer, string consumerName, Group expected)
    {
        StreamId id = Pick(ref random);
        long time = random.NextInt(1000);
        StreamPending pending = group.FindPending(id);
        Assert.Equal(!expected.Pending.ContainsKey(id), pending.IsNone);
        switch (random.NextInt(4))
        {
            case 0:
                Assert.Equal(expected.Pending.Remove(id), Edit().RemovePending(group, id));
                break;
            case 1 when !pending.IsNone:
                Edit().Reassign(pending, consumer);
                Edit().SetDelivery(group, pending, time, 7);
                expected.Pending[id] = (consumerName, time, 7);
                break;
            default:
                Assert.Equal(expected.Pending.TryAdd(id, (consumerName, time, 1)), !Edit().TryAddPending(group, consumer, id, time, 1).IsNone);
                break;
        }
    }

    private void CheckRange(StreamId from, StreamId to)
    {
        StreamId[] expected = [.. _entries.Keys.Where(id => id >= from && id <= to)];
        Assert.Equal(expected, Walk(View.Range(from, to)));
        Assert.Equal(expected.Reverse(), Walk(View.Range(from, to, backwards: true)));
    }

    /// <summary>The IDs of a range; all fields of every other entry are read as well.</summary>
    private List<StreamId> Walk(StreamCursor cursor)
    {
        var found = new List<StreamId>();
        while (cursor.Next())
        {
            found.Add(cursor.Id);
            if (found.Count % 2 == 0) continue;
            string[] expected = _entries[cursor.Id];
            Assert.Equal(expected.Length / 2, cursor.FieldCount);
            for (int i = 0; i < expected.Length; i += 2)
            {
                cursor.ReadField(out ListpackElement field, out ListpackElement value);
                Assert.Equal(expected[i], Text(field));
                Assert.Equal(expected[i + 1], Text(value));
            }
        }
        return found;
    }

    private void CheckNodes()
    {
        StreamId last = default;
        long live = 0;
        StreamNodes nodes = View.Nodes;
        while (nodes.Next())
        {
            Assert.True(StreamNodeCheck.IsValid(nodes.Bytes, nodes.FirstId, ref last, out long count));
            live += count;
        }
        Assert.Equal(_entries.Count, live);
    }

    private void CheckGroups(StreamView stream)
    {
        Assert.Equal(_groups.Count, stream.GroupCount);
        StreamGroups groups = stream.Groups;
        foreach ((string name, Group expected) in _groups)
        {
            Assert.True(groups.Next());
            StreamGroup group = groups.Current;
            Assert.Equal(name, Encoding.ASCII.GetString(group.Name));
            Assert.Equal((expected.LastId, expected.Read), (group.LastId, group.EntriesRead));
            CheckPending(expected.Pending, group.PendingFrom(StreamId.Min), group.PendingCount);
            Assert.Equal(expected.Consumers.Count, group.ConsumerCount);
            StreamConsumers consumers = group.Consumers;
            foreach (string consumer in expected.Consumers)
            {
                Assert.True(consumers.Next());
                Assert.Equal(consumer, Encoding.ASCII.GetString(consumers.Current.Name));
                var own = expected.Pending.Where(p => p.Value.Consumer == consumer);
                CheckPending(own, consumers.Current.PendingFrom(StreamId.Min), consumers.Current.PendingCount);
            }
        }
    }

    private static void CheckPending(IEnumerable<KeyValuePair<StreamId, (string Consumer, long Time, int Count)>> expected, StreamPendings entries, long count)
    {
        foreach ((StreamId id, (string consumer, long time, int deliveries)) in expected)
        {
            Assert.True(entries.Next());
            StreamPending pending = entries.Current;
            Assert.Equal((id, time, (ulong)deliveries), (pending.Id, pending.DeliveredMs, pending.Deliveries));
            Assert.Equal(consumer, Encoding.ASCII.GetString(pending.Consumer.Name));
            count--;
        }
        Assert.False(entries.Next());
        Assert.Equal(0, count);
    }

    /// <summary>A copy has everything, and takes the original's place.</summary>
    private void CheckCopy()
    {
        EntryRef copy = StreamValue.Copy(_heap, _entry, Key, -1);
        DetachedEntry.Free(_heap, _entry);
        _entry = copy;
        CheckAll();
    }

    private static string Text(ListpackElement element) => Encoding.ASCII.GetString(element.GetBytes(stackalloc byte[ListpackElement.DigitsMax]));

    private sealed class Group
    {
        public StreamId LastId;
        public long Read;
        public SortedDictionary<StreamId, (string Consumer, long Time, int Count)> Pending { get; } = [];
        public SortedSet<string> Consumers { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>Fields given as texts.</summary>
internal readonly struct TextFields(string[] texts) : IStreamFields
{
    public int Count => texts.Length / 2;

    public ReadOnlySpan<byte> this[int index] => Encoding.Latin1.GetBytes(texts[index]);
}
