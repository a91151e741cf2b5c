using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.Sorting;

/// <summary>Reads the elements of lists, sets and sorted sets.</summary>
internal static class SortSource
{
    /// <summary>Whether values of a type can be sorted.</summary>
    public static bool IsSortable(EntryType type) => type is EntryType.List or EntryType.Set or EntryType.SortedSet;

    /// <summary>The number of elements.</summary>
    public static int Count(CommandContext c, EntryRef entry) => entry.IsNull ? 0 : (int)(entry.Type switch
    {
        EntryType.List => ListValue.Length(entry),
        EntryType.Set => SetValue.Count(entry),
        _ => new SortedSetReader(c.Engine.Heap, entry).Count,
    });

    /// <summary>Reads elements in their own order, or from the last to the first; of sets all, in any order.</summary>
    /// <param name="c">The command.</param>
    /// <param name="entry">The value.</param>
    /// <param name="start">How many to leave out.</param>
    /// <param name="count">How many to read; not more than there are.</param>
    /// <param name="isBackward">Whether to start at the end.</param>
    /// <param name="texts">Where they go.</param>
    public static void Read(CommandContext c, EntryRef entry, int start, int count, bool isBackward, ref SortTexts texts)
    {
        if (count == 0) return;
        int first = isBackward ? Count(c, entry) - 1 - start : start;
        switch (entry.Type)
        {
            case EntryType.List:
                using (var cursor = new ListCursor(entry, first, count, isBackward))
                {
                    while (cursor.MoveNext()) texts.Add(cursor.Current);
                }
                break;
            case EntryType.Set:
                SetCursor members = SetValue.Members(entry);
                while (members.MoveNext()) texts.Add(members.Current);
                break;
            default:
                ReadSortedSet(c, entry, first, count, isBackward, ref texts);
                break;
        }
    }

    private static void ReadSortedSet(CommandContext c, EntryRef entry, int first, int count, bool isBackward, ref SortTexts texts)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        SortedSetCursor at = new SortedSetReader(c.Engine.Heap, entry).At(first, !isBackward);
        for (int i = 0; i < count; i++)
        {
            texts.Add(at.GetMember(scratch));
            if (isBackward) at.MovePrevious();
            else at.MoveNext();
        }
    }
}
