using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Types.SortedSets;

namespace Sigrun.Types.Geo;

/// <summary>GEOADD: members of a sorted set whose scores are places.</summary>
internal static class GeoAddCommand
{
    private const int ArgumentsPerPlace = 3;

    [Command("GEOADD", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo,
        Since = "3.2.0", Complexity = "O(log(N))", Keys = "1 RW update", Summary = "Adds members with their places, or moves them.",
        Syntax = "key [condition=NX|XX]@6.2.0 [change=CH@6.2.0] <data=longitude latitude member> [longitude latitude member ...]",
        History = ["6.2.0: CH, NX and XX"])]
    public static void GeoAdd(CommandContext c)
    {
        var how = SortedSetUpdate.None;
        bool countsChanges = false;
        int first = 2;
        for (; first < c.ArgCount; first++)
        {
            if (c.ArgIs(first, "NX"u8)) how |= SortedSetUpdate.OnlyNew;
            else if (c.ArgIs(first, "XX"u8)) how |= SortedSetUpdate.OnlyExisting;
            else if (c.ArgIs(first, "CH"u8)) countsChanges = true;
            else break;
        }
        const SortedSetUpdate Both = SortedSetUpdate.OnlyNew | SortedSetUpdate.OnlyExisting;
        if (first == c.ArgCount || (c.ArgCount - first) % ArgumentsPerPlace != 0 || (how & Both) == Both)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (!TryCheckPlaces(c, first, out int longest)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.SortedSet, out WriteScope scope)) return;
        (int added, int changed) = Store(c, ref scope, how, first, longest);
        if (added + changed > 0)
        {
            Emit(c, first);
            c.Engine.Dirty += added + changed - 1;
            scope.Commit(KeyspaceEventClass.SortedSet, "zadd"u8);
        }
        c.Reply.Integer(countsChanges ? added + changed : added);
    }

    private static bool TryCheckPlaces(CommandContext c, int first, out int longest)
    {
        longest = 0;
        for (int i = first; i < c.ArgCount; i += ArgumentsPerPlace)
        {
            if (!GeoArgument.TryReadPosition(c, i, out _)) return false;
            longest = Math.Max(longest, c.Arg(i + 2).Length);
        }
        return true;
    }

    private static (int Added, int Changed) Store(CommandContext c, ref WriteScope scope, SortedSetUpdate how, int first, int longest)
    {
        SortedSetLimits limits = SortedSetArgument.Limits(c.Engine.Settings);
        int places = (c.ArgCount - first) / ArgumentsPerPlace;
        if (!scope.Entry.IsNull)
        {
            StructureEditor editor = scope.Edit();
            SortedSetValue.Prepare(editor, places, longest, limits);
            return Set(c, editor, how, first, limits);
        }
        if ((how & SortedSetUpdate.OnlyExisting) != 0) return default;
        Heap heap = c.Engine.Heap;
        EntryRef made = SortedSetValue.NewEntry(heap, c.Arg(1), places, longest, limits);
        try
        {
            (int Added, int Changed) outcome = Set(c, StructureEditor.ForDetached(heap, made), how, first, limits);
            scope.Attach(made);
            return outcome;
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, made);
            throw;
        }
    }

    private static (int Added, int Changed) Set(
        CommandContext c, in StructureEditor editor, SortedSetUpdate how, int first, in SortedSetLimits limits)
    {
        int added = 0, changed = 0;
        for (int i = first; i < c.ArgCount; i += ArgumentsPerPlace)
        {
            GeoArgument.TryReadPosition(c, i, out GeoPosition position);
            double score = position.Score;
            SortedSetOutcome outcome = SortedSetValue.Set(editor, c.Arg(i + 2), ref score, how, limits);
            if (outcome == SortedSetOutcome.Added) added++;
            else if (outcome == SortedSetOutcome.Changed) changed++;
        }
        return (added, changed);
    }

    /// <summary>Others get the scores, not the places.</summary>
    private static void Emit(CommandContext c, int first)
    {
        if (!c.Engine.Effects.IsActive) return;
        EffectBuilder effect = c.ReplaceEffects().Add("ZADD"u8);
        for (int i = 1; i < first; i++) effect.Add(c.Arg(i));
        for (int i = first; i < c.ArgCount; i += ArgumentsPerPlace)
        {
            GeoArgument.TryReadPosition(c, i, out GeoPosition position);
            effect.Add((long)position.Score).Add(c.Arg(i + 2));
        }
        effect.Emit();
    }
}
