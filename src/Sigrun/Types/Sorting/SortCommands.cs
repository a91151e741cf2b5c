using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Sorting;

/// <summary>SORT and SORT_RO.</summary>
internal static class SortCommands
{
    [Command("SORT", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Generic,
        Since = "1.0.0", Complexity = "O(N+M*log(M)); O(N)", Keys = "1 RO access; ? RO access; ? OW update",
        KeyFunction = nameof(SortKeys), Acl = "dangerous list set sortedset -keyspace",
        Summary = "Sorts a list, a set or a sorted set, and may store the result.",
        Syntax = "key [by-pattern=BY pattern#1] [LIMIT offset count] [<get-pattern=GET pattern#1> [GET pattern ...]] "
            + "[order=ASC|DESC] [sorting=ALPHA] [STORE destination#2]")]
    public static void Sort(CommandContext c) => Run(c, mayStore: true);

    [Command("SORT_RO", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Since = "7.0.0",
        Complexity = "O(N+M*log(M)); O(N)", Keys = "1 RO access; ? RO access", KeyFunction = nameof(SortRoKeys),
        Acl = "dangerous list set sortedset -keyspace", Summary = "Sorts a list, a set or a sorted set.",
        Syntax = "key [by-pattern=BY pattern#1] [LIMIT offset count] [<get-pattern=GET pattern#1> [GET pattern ...]] "
            + "[order=ASC|DESC] [sorting=ALPHA]")]
    public static void SortRo(CommandContext c) => Run(c, mayStore: false);

    /// <summary>The keys of SORT: the sorted one, and the last one that a STORE names.</summary>
    public static void SortKeys(ArgumentList arguments, ref KeyPositions keys)
    {
        int destination = 0;
        for (int i = 2; i < arguments.Count; i++)
        {
            if (arguments.Is(i, "limit"u8)) i += 2;
            else if (arguments.Is(i, "get"u8) || arguments.Is(i, "by"u8)) i++;
            else if (arguments.Is(i, "store"u8) && i + 1 < arguments.Count) destination = ++i;
        }
        keys.Add(1, KeyFlags.ReadOnly | KeyFlags.Access);
        if (destination > 0) keys.Add(destination, KeyFlags.Overwrite | KeyFlags.Update);
    }

    /// <summary>The key of SORT_RO; those that BY and GET build from its elements cannot be known.</summary>
    public static void SortRoKeys(ArgumentList arguments, ref KeyPositions keys) => keys.Add(1, KeyFlags.ReadOnly | KeyFlags.Access);

    private static void Run(CommandContext c, bool mayStore)
    {
        if (!SortRequest.TryRead(c, mayStore, out SortRequest request)) return;
        EntryRef entry = c.Db.FindForRead(c.Key(1));
        if (!entry.IsNull && !SortSource.IsSortable(entry.Type))
        {
            c.Reply.Error(CommandErrors.WrongType);
            return;
        }
        bool isSet = !entry.IsNull && entry.Type == EntryType.Set;
        if (request.IsUnsorted && isSet && request.StoreKey > 0)
        {
            // A set has no order of its own: what is stored has to be the same everywhere.
            request.IsUnsorted = false;
            request.IsAlpha = true;
            request.By = 0;
        }
        int length = SortSource.Count(c, entry);
        (int start, int count) = request.Range(length);
        bool readsRange = request.IsUnsorted && !isSet;
        var elements = new SortTexts(readsRange ? count : length);
        try
        {
            if (readsRange) SortSource.Read(c, entry, start, count, request.IsDescending, ref elements);
            else SortSource.Read(c, entry, 0, length, isBackward: false, ref elements);
            Answer(c, request, elements, readsRange ? 0 : start, count);
        }
        finally
        {
            elements.Dispose();
        }
    }

    private static void Answer(CommandContext c, in SortRequest request, in SortTexts elements, int start, int count)
    {
        var sorter = new Sorter(c, request, elements);
        try
        {
            if (request.IsUnsorted)
            {
                sorter.Keep();
            }
            else if (!sorter.TrySort())
            {
                c.Reply.Error("ERR One or more scores can't be converted into double"u8);
                return;
            }
            ReadOnlySpan<int> wanted = sorter.Order.Slice(start, count);
            if (request.StoreKey == 0) Reply(c, request, elements, wanted);
            else Store(c, request, elements, wanted);
        }
        finally
        {
            sorter.Dispose();
        }
    }

    private static void Reply(CommandContext c, in SortRequest request, in SortTexts elements, ReadOnlySpan<int> wanted)
    {
        Span<byte> digits = stackalloc byte[NumberText.Int64Max];
        Span<byte> scratch = stackalloc byte[NumberText.Int64Max];
        c.Reply.Array((long)wanted.Length * Math.Max(request.Gets, 1));
        foreach (int index in wanted)
        {
            ReadOnlySpan<byte> element = elements.Get(index, digits);
            if (request.Gets == 0) c.Reply.Bulk(element);
            int at = SortRequest.Start;
            for (int i = 0; i < request.Gets; i++)
            {
                at = SortRequest.NextGet(c, at);
                if (TryGet(c, at, element, scratch, out ReadOnlySpan<byte> value)) c.Reply.Bulk(value);
                else c.Reply.Null();
                at++;
            }
        }
    }

    private static bool TryGet(CommandContext c, int pattern, ReadOnlySpan<byte> element, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = element;
        return SortPattern.IsElement(c.Arg(pattern)) || SortPattern.TryLookUp(c, c.Arg(pattern), element, scratch, out value);
    }

    private static void Store(CommandContext c, in SortRequest request, in SortTexts elements, ReadOnlySpan<int> wanted)
    {
        KeyRef key = c.Key(request.StoreKey);
        long count = (long)wanted.Length * Math.Max(request.Gets, 1);
        if (count > 0)
        {
            EntryRef made = MakeList(c, key, request, elements, wanted);
            WriteScope scope = c.Db.OpenWrite(c, key);
            scope.Attach(made);
            c.Engine.Dirty += count - 1;
            scope.Commit(KeyspaceEventClass.List, "sortstore"u8);
        }
        else
        {
            c.Db.RemoveForEmptyResult(c, key);
        }
        c.Reply.Integer(count);
    }

    private static EntryRef MakeList(CommandContext c, in KeyRef key, in SortRequest request, in SortTexts elements, ReadOnlySpan<int> wanted)
    {
        Heap heap = c.Engine.Heap;
        ListLimits limits = c.Engine.Settings.Types.ListLimits;
        EntryRef made = ListValue.NewLargeEntry(heap, key.Bytes, KeyEntry.NoExpiry, limits);
        try
        {
            StructureEditor editor = StructureEditor.ForDetached(heap, made);
            foreach (int index in wanted) Push(c, editor, request, elements, index, limits);
            ListValue.Shrink(editor, limits, needsSlack: false);
            return made;
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, made);
            throw;
        }
    }

    /// <summary>Adds an element, or what the patterns name for it; what is not there is stored as an empty string.</summary>
    private static void Push(CommandContext c, StructureEditor editor, in SortRequest request, in SortTexts elements, int index, in ListLimits limits)
    {
        Span<byte> digits = stackalloc byte[NumberText.Int64Max];
        Span<byte> scratch = stackalloc byte[NumberText.Int64Max];
        ReadOnlySpan<byte> element = elements.Get(index, digits);
        if (request.Gets == 0) ListValue.Push(editor, element, atEnd: true, limits);
        int at = SortRequest.Start;
        for (int i = 0; i < request.Gets; i++, at++)
        {
            at = SortRequest.NextGet(c, at);
            ListValue.Push(editor, TryGet(c, at, element, scratch, out ReadOnlySpan<byte> value) ? value : default, atEnd: true, limits);
        }
    }
}
