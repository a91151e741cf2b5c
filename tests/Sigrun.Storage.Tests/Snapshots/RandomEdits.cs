using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Tests.Snapshots;

/// <summary>Changes values as commands do.</summary>
internal static class RandomEdits
{
    private const int LongStringBytes = 100_000;

    /// <summary>Changes the value of a key; whether anything is left of it.</summary>
    public static bool Change(ref RandomSource random, KeyTable table, ulong hash, KeySlot slot)
    {
        WritePermit permit = table.BeginWrite(hash);
        EntryRef entry = slot.Entry;
        if (entry.Type == EntryType.String)
        {
            ChangeString(ref random, table, permit, hash, slot);
            return true;
        }
        if (entry.Type == EntryType.Hash) table.ReserveFieldExpiry(hash);
        var editor = new StructureEditor(table.Heap, permit, entry);
        bool isLeft = entry.Type switch
        {
            EntryType.List => ChangeList(ref random, editor),
            EntryType.Set => ChangeSet(ref random, editor),
            EntryType.Hash => ChangeHash(ref random, new HashEditor(editor)),
            EntryType.SortedSet => ChangeSortedSet(ref random, editor),
            _ => ChangeStream(ref random, new StreamEditor(editor)),
        };
        if (entry.Type == EntryType.Hash) table.NoteFieldExpiry(hash, entry);
        return isLeft;
    }

    private static void ChangeString(ref RandomSource random, KeyTable table, in WritePermit permit, ulong hash, KeySlot slot)
    {
        int length = slot.Entry.ValueLength;
        byte[] bytes = Seeded.Bytes(ref random, 1 + random.NextInt(random.NextInt(4) == 0 ? LongStringBytes : 50));
        switch (random.NextInt(6))
        {
            case 0 or 1:
                table.Append(permit, hash, slot, bytes);
                break;
            case 2:
                int at = random.NextInt(length + 100);
                bytes.CopyTo(table.OpenBytes(permit, hash, slot, at + bytes.Length, at, at + bytes.Length, out _)[at..]);
                break;
            case 3:
                int from = random.NextInt(Math.Max(length, 1));
                Span<byte> open = table.OpenBytes(permit, hash, slot, length, from, from + 1, out _);
                if (from < open.Length) open[from] ^= 1;
                break;
            case 4 when random.NextInt(8) == 0:
                table.SetInteger(permit, hash, slot, random.NextInt(1000), -1);
                break;
            case 4 when random.NextInt(8) == 0:
                table.SetString(permit, hash, slot, bytes, EntryEncoding.Raw, random.NextInt(1000));
                break;
            default:
                table.SetExpiry(permit, hash, slot, random.NextInt(2) == 0 ? -1 : random.NextInt(1000));
                break;
        }
    }

    private static bool ChangeList(ref RandomSource random, in StructureEditor editor)
    {
        ListLimits limits = random.NextInt(2) == 0 ? RandomKeys.Lists : RandomKeys.CompressedLists;
        byte[] text = random.NextInt(20) == 0 ? RandomKeys.LargeElement(ref random) : RandomKeys.Element(ref random);
        long length = ListValue.Length(editor.Entry);
        int index = random.NextInt((int)length);
        switch (random.NextInt(12))
        {
            case < 4:
                ListValue.Grow(editor, text.Length, 1, limits);
                ListValue.Push(editor, text, random.NextInt(2) == 0, limits);
                return true;
            case 4 or 5:
                ListValue.Insert(editor, index, text, random.NextInt(2) == 0, limits);
                return true;
            case 6 or 7:
                ListValue.Replace(editor, index, text, limits);
                return true;
            case 8 or 9:
                ListValue.RemoveEnd(editor, random.NextInt(2) == 0, limits);
                break;
            case 10:
                ListValue.RemoveMatches(editor, text, 2, random.NextInt(2) == 0, limits);
                break;
            default:
                int count = random.NextInt(random.NextInt(10) == 0 ? (int)length : 12);
                ListValue.RemoveRange(editor, index, Math.Min(count, length - index), limits);
                break;
        }
        if (ListValue.Length(editor.Entry) == 0) return false;
        ListValue.Shrink(editor, limits);
        return true;
    }

    private static bool ChangeSet(ref RandomSource random, in StructureEditor editor)
    {
        for (int count = ManyOrOne(ref random); count > 0 && SetValue.Count(editor.Entry) > 0; count--)
        {
            byte[] member = RandomKeys.Element(ref random);
            if (random.NextInt(2) == 0) SetValue.Add(editor, RandomKeys.Sets, member);
            else if (random.NextInt(2) == 0) SetValue.Remove(editor, member);
            else SetValue.Remove(editor, SetValue.Choose(editor.Heap, editor.Entry, ref random));
        }
        if (random.NextInt(20) == 0) SetValue.Repack(editor, RandomKeys.Sets);
        return SetValue.Count(editor.Entry) > 0;
    }

    private static bool ChangeHash(ref RandomSource random, in HashEditor editor)
    {
        for (int count = ManyOrOne(ref random); count > 0 && HashValue.Count(editor.Entry) > 0; count--)
        {
            byte[] field = RandomKeys.Element(ref random);
            long expiryMs = random.NextInt(6) == 0 ? random.NextInt(1000) : -1;
            switch (random.NextInt(5))
            {
                case 0 or 1:
                    editor.Set(RandomKeys.Hashes, field, RandomKeys.Element(ref random), expiryMs, random.NextInt(2) == 0, HashValue.BeforeAll);
                    break;
                case 2:
                    editor.SetExpiry(field, expiryMs);
                    break;
                case 3 when HashValue.HasExpiring(editor.Entry):
                    editor.RemoveFirstExpiring();
                    break;
                default:
                    editor.Remove(field, HashValue.BeforeAll);
                    break;
            }
        }
        return HashValue.Count(editor.Entry) > 0;
    }

    private static bool ChangeSortedSet(ref RandomSource random, in StructureEditor editor)
    {
        for (int count = ManyOrOne(ref random); count > 0 && SortedSetValue.Count(editor.Entry) > 0; count--)
        {
            double score = random.NextInt(1000) / 8.0;
            int rank = random.NextInt((int)SortedSetValue.Count(editor.Entry));
            int kind = random.NextInt(12);
            if (kind < 6) SortedSetValue.Set(editor, RandomKeys.Element(ref random), ref score, SortedSetUpdate.None, RandomKeys.SortedSets);
            else if (kind < 11) SortedSetValue.Remove(editor, RandomKeys.Element(ref random));
            else SortedSetValue.RemoveRange(editor, new RankRange(rank, Math.Min(20, SortedSetValue.Count(editor.Entry) - rank)));
        }
        return SortedSetValue.Count(editor.Entry) > 0;
    }

    private static bool ChangeStream(ref RandomSource random, in StreamEditor editor)
    {
        for (int count = ManyOrOne(ref random); count > 0; count--) RandomStreams.Change(ref random, editor);
        return true;
    }

    private static int ManyOrOne(ref RandomSource random) => random.NextInt(8) == 0 ? 60 : 1;
}
