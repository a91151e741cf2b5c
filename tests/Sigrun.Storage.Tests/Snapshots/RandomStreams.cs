using System.Text;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;
using Sigrun.Storage.Tests.Streams;

namespace Sigrun.Storage.Tests.Snapshots;

/// <summary>Makes streams with consumer groups, and changes them as commands do.</summary>
internal static class RandomStreams
{
    /// <summary>IDs of what is pending have up to so many milliseconds, whether there are such entries or not.</summary>
    private const int PendingIds = 2000;

    private const int Names = 90;

    private static readonly StreamLimits Limits = new(4096, 10);

    /// <summary>Makes a stream with some groups, in each of which much or little is pending.</summary>
    public static EntryRef Make(Heap heap, ref RandomSource random, byte[] key, long expiryMs, int entries, int groups, int pending)
    {
        EntryRef entry = StreamValue.NewEntry(heap, key, expiryMs);
        var editor = new StreamEditor(StructureEditor.ForDetached(heap, entry));
        for (int i = 1; i <= entries; i++)
        {
            string text = Encoding.ASCII.GetString(RandomKeys.Element(ref random));
            Assert.True(editor.TryAppend(new StreamId((ulong)i, 0), new TextFields(["field", text]), Limits));
        }
        for (int i = 0; i < groups; i++) AddGroup(ref random, editor, pending);
        return entry;
    }

    /// <summary>Changes a stream.</summary>
    public static void Change(ref RandomSource random, in StreamEditor editor)
    {
        StreamId last = editor.View.LastId;
        switch (random.NextInt(24))
        {
            case < 4:
                StreamId next = random.NextInt(3) == 0 ? last with { Seq = last.Seq + 1 } : new StreamId(last.Ms + 1, 0);
                editor.TryAppend(next, new TextFields(["field", "value"]), Limits);
                break;
            case < 8:
                editor.Delete(new StreamId((ulong)random.NextInt((int)last.Ms + 1), 0));
                break;
            case 8:
                long removed = random.NextInt(random.NextInt(10) == 0 ? 1000 : 30);
                editor.Trim(new StreamTrim(true, (ulong)Math.Max(0, editor.View.Length - removed), default, random.NextInt(2) == 0, 0));
                break;
            case 9:
                editor.SetFigures(last, editor.View.FirstId, editor.View.MaxDeletedId, editor.View.EntriesAdded + 1);
                break;
            case 10 when random.NextInt(4) == 0 || editor.View.GroupCount == 0:
                AddGroup(ref random, editor, random.NextInt(2) == 0 ? 3 : 300);
                break;
            default:
                if (editor.View.GroupCount > 0) ChangeGroup(ref random, editor, ChooseGroup(ref random, editor.View));
                break;
        }
    }

    private static void AddGroup(ref RandomSource random, in StreamEditor editor, int pending)
    {
        StreamGroup group = editor.TryAddGroup(Name(ref random), new StreamId((ulong)random.NextInt(100), 0), random.NextInt(50));
        if (group.IsNone) return;
        for (int i = random.NextInt(random.NextInt(2) == 0 ? 3 : 2 * Names); i >= 0; i--) editor.TryAddConsumer(group, Name(ref random), 1, -1);
        StreamConsumer consumer = ChooseConsumer(ref random, group);
        for (; pending > 0; pending--)
        {
            if (random.NextInt(40) == 0) consumer = ChooseConsumer(ref random, group);
            editor.TryAddPending(group, consumer, PendingId(ref random), random.NextInt(1000), 1);
        }
    }

    private static void ChangeGroup(ref RandomSource random, in StreamEditor editor, StreamGroup group)
    {
        StreamConsumer consumer = ChooseConsumer(ref random, group);
        switch (random.NextInt(20))
        {
            case 0 when random.NextInt(3) == 0:
                Assert.True(editor.RemoveGroup(group.Name));
                break;
            case 0 or 1:
                editor.SetPosition(group, PendingId(ref random), random.NextInt(1000));
                break;
            case 2:
                editor.TryAddConsumer(group, Name(ref random), random.NextInt(1000), random.NextInt(1000));
                break;
            case 3 when !consumer.IsNone:
                editor.RemoveConsumer(group, consumer);
                break;
            case 4 when !consumer.IsNone:
                editor.SetSeen(consumer, random.NextInt(1000));
                editor.SetActive(consumer, random.NextInt(1000));
                break;
            default:
                ChangePending(ref random, editor, group, consumer);
                break;
        }
    }

    /// <summary>Changes what is pending: one entry, or one after the other, so that leaves of indexes are joined and divided.</summary>
    private static void ChangePending(ref RandomSource random, in StreamEditor editor, StreamGroup group, StreamConsumer consumer)
    {
        ulong first = PendingId(ref random).Ms;
        int kind = random.NextInt(5);
        int count = random.NextInt(4) == 0 ? 1 + random.NextInt(random.NextInt(8) == 0 ? PendingIds : 150) : 1;
        for (; count > 0; count--)
        {
            var id = new StreamId(first++, 0);
            StreamPending pending = group.FindPending(id);
            if (kind < 2) Assert.Equal(!pending.IsNone, editor.RemovePending(group, id));
            else if (pending.IsNone && !consumer.IsNone) editor.TryAddPending(group, consumer, id, random.NextInt(1000), 2);
            else if (kind == 2 && !pending.IsNone) editor.SetDelivery(group, pending, random.NextInt(1000), pending.Deliveries + 1);
            else if (kind == 3 && !pending.IsNone && !consumer.IsNone) editor.Reassign(pending, consumer);
        }
    }

    private static StreamId PendingId(ref RandomSource random) => new((ulong)(1 + random.NextInt(PendingIds)), 0);

    private static byte[] Name(ref RandomSource random) =>
        Encoding.ASCII.GetBytes((random.NextInt(2) == 0 ? "n" : "a name of more than sixteen bytes ") + random.NextInt(Names));

    private static StreamGroup ChooseGroup(ref RandomSource random, in StreamView stream)
    {
        StreamGroups groups = stream.Groups;
        for (int i = random.NextInt((int)stream.GroupCount); i >= 0; i--) Assert.True(groups.Next());
        return groups.Current;
    }

    private static StreamConsumer ChooseConsumer(ref RandomSource random, StreamGroup group)
    {
        StreamConsumers consumers = group.Consumers;
        if (group.ConsumerCount == 0) return default;
        for (int i = random.NextInt((int)group.ConsumerCount); i >= 0; i--) Assert.True(consumers.Next());
        return consumers.Current;
    }
}
