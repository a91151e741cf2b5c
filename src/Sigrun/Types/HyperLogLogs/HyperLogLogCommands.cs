using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>PFADD, PFCOUNT and PFMERGE: how many different elements were there, within about a hundredth.</summary>
/// <remarks>
/// Most PFADDs change nothing: a register is looked up where the string lies. One that changes sparse registers works
/// in the engine's <see cref="HyperLogLogBuffer"/>; dense ones are written in place.
/// </remarks>
internal static class HyperLogLogCommands
{
    [Command("PFADD", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.HyperLogLog, Since = "2.8.9", Complexity = "O(1)", Keys = "1 RW insert",
        Summary = "Adds elements to a HyperLogLog, which is made if it is missing.", Syntax = "key [element [element ...]]")]
    public static void PfAdd(CommandContext c)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        EntryRef entry = scope.Entry;
        if (!entry.IsNull && !HyperLogLog.Is(c, entry)) return;
        int changes = IsDense(entry) ? AddToDense(c, ref scope) : AddToSparse(c, ref scope);
        if (changes < 0)
        {
            c.Reply.Error(HyperLogLog.Corrupted);
            return;
        }
        if (changes > 0)
        {
            c.Engine.Dirty += changes - 1;
            scope.Commit(KeyspaceEventClass.String, "pfadd"u8);
        }
        else if (entry.Encoding != EntryEncoding.Raw)
        {
            scope.OpenBytes(0);
        }
        c.Reply.Integer(changes > 0 ? 1 : 0);
    }

    [Command("PFCOUNT", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.MayReplicate,
        Group = CommandGroup.HyperLogLog, Since = "2.8.9", Complexity = "O(1); O(N)", Keys = "1..-1 RW access",
        Summary = "Tells about how many elements a HyperLogLog has seen, or several together.", Syntax = "key [key ...]")]
    public static void PfCount(CommandContext c)
    {
        if (c.ArgCount > 2)
        {
            if (TryMergeKeys(c, out _)) c.Reply.Integer(c.Engine.HyperLogLogs.EstimateMerged());
            return;
        }
        KeyRef key = c.Key(1);
        EntryRef entry = c.Db.FindForRead(key);
        if (entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!HyperLogLog.Is(c, entry)) return;
        if (!HyperLogLog.TryReadCount(entry.ValueBytes, out long count))
        {
            if (!c.Engine.HyperLogLogs.TryEstimate(entry.ValueBytes, out count))
            {
                c.Reply.Error(HyperLogLog.Corrupted);
                return;
            }
            WriteScope scope = c.Db.OpenWrite(c, key);
            HyperLogLog.WriteCount(scope.OpenBytes(0), count);
            scope.Commit(KeyspaceEventClass.None, []);
        }
        else if (entry.Encoding != EntryEncoding.Raw)
        {
            c.Db.OpenWrite(c, key).OpenBytes(0);
        }
        c.Reply.Integer(count);
    }

    [Command("PFMERGE", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.HyperLogLog,
        Since = "2.8.9", Complexity = "O(N)", Keys = "1 RW access insert; 2..-1 RO access",
        Summary = "Merges HyperLogLogs into one.", Syntax = "destkey [sourcekey [sourcekey ...]]")]
    public static void PfMerge(CommandContext c)
    {
        if (!TryMergeKeys(c, out bool anyDense)) return;
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        if (IsDense(scope.Entry)) PackInto(c, scope.OpenBytes(0));
        else Replace(c, ref scope, anyDense);
        scope.Commit(KeyspaceEventClass.String, "pfadd"u8);
        c.Reply.Ok();
    }

    /// <summary>Writes the merged registers over dense ones.</summary>
    private static void PackInto(CommandContext c, Span<byte> bytes)
    {
        c.Engine.HyperLogLogs.PackMerged(bytes[HyperLogLog.HeaderBytes..]);
        HyperLogLog.ForgetCount(bytes);
    }

    /// <summary>Makes the merged registers those of a target that has sparse ones, or none.</summary>
    private static void Replace(CommandContext c, ref WriteScope scope, bool asDense)
    {
        HyperLogLogBuffer buffer = c.Engine.HyperLogLogs;
        EntryRef target = scope.Entry;
        if (target.IsNull) buffer.LoadEmpty();
        // The target is one of the merged: it makes sense.
        else buffer.TryLoad(target.ValueBytes);
        if (asDense) buffer.TakeMerged();
        else RaiseToMerged(c, buffer);
        HyperLogLog.ForgetCount(buffer.Bytes);
        scope.SetBytes(buffer.Bytes, EntryEncoding.Raw, target.IsNull ? -1 : target.ExpiryMs);
    }

    /// <summary>Adds the elements; returns how many registers changed, or −1 when they make no sense.</summary>
    private static int AddToDense(CommandContext c, ref WriteScope scope)
    {
        ReadOnlySpan<byte> registers = HyperLogLog.Registers(scope.Entry.ValueBytes);
        Span<byte> opened = [];
        int changes = 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            RegisterHash hash = RegisterHash.Of(c.Arg(i));
            if (DenseRegisters.Get(registers, hash.Register) >= hash.Rank) continue;
            if (opened.IsEmpty)
            {
                opened = scope.OpenBytes(0);
                HyperLogLog.ForgetCount(opened);
                registers = HyperLogLog.Registers(opened);
            }
            DenseRegisters.Set(opened[HyperLogLog.HeaderBytes..], hash.Register, hash.Rank);
            changes++;
        }
        return changes;
    }

    private static int AddToSparse(CommandContext c, ref WriteScope scope)
    {
        HyperLogLogBuffer buffer = c.Engine.HyperLogLogs;
        long sparseBytesMax = c.Engine.Settings.Types.HllSparseMaxBytes;
        bool isNew = scope.Entry.IsNull;
        bool isLoaded = isNew;
        if (isNew) buffer.LoadEmpty();
        int changes = isNew ? 1 : 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            RegisterHash hash = RegisterHash.Of(c.Arg(i));
            Raised raised;
            if (isLoaded)
            {
                raised = buffer.Raise(hash, sparseBytesMax);
            }
            else
            {
                ReadOnlySpan<byte> stored = scope.Entry.ValueBytes;
                if (!SparsePlace.TryFind(HyperLogLog.Registers(stored), hash.Register, out SparsePlace place)) return -1;
                if (place.Run.Value >= hash.Rank) continue;
                isLoaded = buffer.TryLoad(stored);
                raised = isLoaded ? buffer.RaiseSparse(hash, place, sparseBytesMax) : Raised.Corrupted;
            }
            if (raised == Raised.Corrupted) return -1;
            if (raised == Raised.Yes) changes++;
        }
        if (changes == 0) return 0;
        HyperLogLog.ForgetCount(buffer.Bytes);
        scope.SetBytes(buffer.Bytes, EntryEncoding.Raw, isNew ? -1 : scope.Entry.ExpiryMs);
        return changes;
    }

    /// <summary>Merges all keys that exist; replies the error when one is no HyperLogLog.</summary>
    private static bool TryMergeKeys(CommandContext c, out bool anyDense)
    {
        HyperLogLogBuffer buffer = c.Engine.HyperLogLogs;
        buffer.ClearMerged();
        anyDense = false;
        for (int i = 1; i < c.ArgCount; i++)
        {
            EntryRef entry = c.Db.FindForRead(c.Key(i));
            if (entry.IsNull) continue;
            if (!HyperLogLog.Is(c, entry)) return false;
            bool isDense = IsDense(entry);
            anyDense |= isDense;
            if (isDense || buffer.TryMergeSparse(entry.ValueBytes)) continue;
            c.Reply.Error(HyperLogLog.Corrupted);
            return false;
        }
        if (anyDense) MergeDense(c, buffer);
        return true;
    }

    /// <summary>Merges the dense ones of the keys. All were looked up: none can expire now, so they stay where they are.</summary>
    private static void MergeDense(CommandContext c, HyperLogLogBuffer buffer)
    {
        var group = new DenseGroup();
        for (int i = 1; i < c.ArgCount; i++)
        {
            EntryRef entry = c.Db.Peek(c.Key(i));
            if (!IsDense(entry)) continue;
            group.Add(HyperLogLog.Registers(entry.ValueBytes));
            if (group.Count < DenseGroup.Size) continue;
            buffer.MergeDense(group);
            group.Clear();
        }
        buffer.MergeDense(group);
    }

    /// <summary>Whether there is a HyperLogLog with dense registers.</summary>
    private static bool IsDense(EntryRef entry) =>
        !entry.IsNull && HyperLogLog.EncodingOf(entry.ValueBytes) == RegisterEncoding.Dense;

    /// <summary>Raises the registers in work, which are sparse, one after the other to the merged ones.</summary>
    private static void RaiseToMerged(CommandContext c, HyperLogLogBuffer buffer)
    {
        // Registers that become dense on the way pass through the array of the merged ones.
        Span<byte> merged = stackalloc byte[DenseRegisters.Count];
        buffer.Spread.CopyTo(merged);
        for (int i = merged.IndexOfAnyExcept((byte)0); i >= 0 && i < merged.Length; i++)
        {
            if (merged[i] > 0) buffer.Raise(new RegisterHash(i, merged[i]), c.Engine.Settings.Types.HllSparseMaxBytes);
        }
    }
}
