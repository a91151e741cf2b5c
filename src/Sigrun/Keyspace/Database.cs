using System.Runtime.CompilerServices;
using Sigrun.Commands;
using Sigrun.Observability;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Types;
using Sigrun.Types.Strings;

namespace Sigrun.Keyspace;

/// <summary>One numbered database: its keys, how they are found, and how they expire.</summary>
internal sealed class Database
{
    private const int RandomTriesMax = 100;

    /// <summary>Elements of a large value that are looked at to know about how much memory its removal will free.</summary>
    private const int EvictionSamples = 5;

    private readonly Engine _engine;

    /// <summary>Creates an empty database.</summary>
    public Database(Engine engine, int index)
    {
        _engine = engine;
        Index = index;
        Keys = new KeyTable(engine.Heap);
    }

    /// <summary>The number that SELECT takes.</summary>
    public int Index { get; }

    /// <summary>The keys; another table after SWAPDB or a flush.</summary>
    public KeyTable Keys { get; private set; }

    /// <summary>Mean milliseconds that keys with an expiry still have, as the expiry cycle estimates it.</summary>
    public long AverageTtlMs { get; set; }

    /// <summary>Where the expiry cycle goes on.</summary>
    public ulong ExpiryCursor { get; set; }

    /// <summary>Where the expiry cycle goes on among the hashes some of whose fields expire.</summary>
    public ulong FieldExpiryCursor { get; set; }

    /// <summary>Finds a key for reading: counts a hit or miss and marks the key as used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryRef FindForRead(in KeyRef key)
    {
        EntryRef entry = FindUntouched(key);
        if (!entry.IsNull) Touch(entry);
        return entry;
    }

    /// <summary>The same without marking the key as used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryRef FindUntouched(in KeyRef key)
    {
        EntryRef entry = Keys.Find(key.Hash, key.Bytes);
        if (entry.IsNull || (entry.HasExpiry && ExpireIfDue(key, entry)))
        {
            CountMiss(key);
            return default;
        }
        _engine.Statistics.KeyspaceHits++;
        return entry;
    }

    /// <summary>The same without an event for a miss, for commands that look at how a value is kept.</summary>
    public EntryRef FindQuietly(in KeyRef key)
    {
        EntryRef entry = Peek(key);
        if (entry.IsNull) _engine.Statistics.KeyspaceMisses++;
        else _engine.Statistics.KeyspaceHits++;
        return entry;
    }

    /// <summary>Finds a key without leaving a trace in statistics or access bits; an expired one is not found.</summary>
    public EntryRef Peek(in KeyRef key)
    {
        EntryRef entry = Keys.Find(key.Hash, key.Bytes);
        return entry.IsNull || (entry.HasExpiry && ExpireIfDue(key, entry)) ? default : entry;
    }

    /// <summary>Opens a key, existing or not, for writing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WriteScope OpenWrite(CommandContext command, scoped in KeyRef key)
    {
        bool found = Keys.TryFind(key.Hash, key.Bytes, out KeySlot slot);
        if (found)
        {
            if (slot.Entry.HasExpiry && ExpireIfDue(key, slot.Entry, forWrite: true)) found = false;
            else Touch(slot.Entry);
        }
        return new WriteScope(_engine, this, command, key, found, slot);
    }

    /// <summary>Marks an entry as used now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Touch(EntryRef entry)
    {
        uint bits = entry.Lru;
        uint touched = _engine.AccessClock.Touch(bits);
        if (touched != bits) entry.Lru = touched;
    }

    /// <summary>
    /// Removes a key because its time has come, unless clients are paused or the source of an import does that; returns
    /// whether it had.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool ExpireIfDue(in KeyRef key, EntryRef entry, bool forWrite = false)
    {
        if (_engine.NowMs <= entry.ExpiryMs || _engine.IsReplaying) return false;
        if (_engine.IsImporting)
        {
            if (_engine.IsExecutingImport) return false;
            if (!forWrite) return true;
        }
        if (_engine.Pause.AllowsExpiry) Expire(key);
        return true;
    }

    /// <summary>
    /// Removes a key that has expired: effect, event, count. No change that the running command makes: it has
    /// an effect of its own.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="byCommand">Whether the command has set a time that is over, so that the change counts as its own.</param>
    public void Expire(in KeyRef key, bool byCommand = false)
    {
        bool lazy = _engine.Settings.Memory.LazyFreeExpire;
        long begun = _engine.Latency.Begin();
        AnnounceRemoval(key, lazy, KeyspaceEventClass.Expired, "expired"u8, byCommand);
        RemoveKey(key, lazy);
        _engine.Latency.End(LatencyMonitor.ExpireDelete, begun);
        _engine.Statistics.ExpiredKeys++;
    }

    /// <summary>Removes a key that exists to make room: effect, event, count.</summary>
    public void Evict(in KeyRef key)
    {
        if (!Keys.TryFind(key.Hash, key.Bytes, out KeySlot slot)) return;
        bool lazy = _engine.Settings.Memory.LazyFreeEviction;
        AnnounceRemoval(key, lazy, KeyspaceEventClass.Evicted, "evicted"u8);
        EntryRef entry = Keys.Detach(Keys.BeginWrite(key.Hash), key.Hash, slot);
        long bytes = ValueTypes.Of(entry.Type).UsedBytes(entry, _engine.Heap, EvictionSamples);
        if (lazy) _engine.LazyFree.Free(entry, bytes);
        else _engine.LazyFree.FreeHere(entry, bytes);
        _engine.Statistics.EvictedKeys++;
    }

    /// <summary>
    /// Removes fields of a hash that have expired, and the hash when none is left: effects, events, counts. Nobody but
    /// the expiry cycle calls it: to commands an expired field is not there.
    /// </summary>
    /// <returns>How many were removed, at most as many as wanted.</returns>
    public int ExpireFields(EntryRef hash, int max)
    {
        var key = new KeyRef(hash.Key, _engine.Hasher.Hash(hash.Key));
        HashEditor editor = new(new StructureEditor(_engine.Heap, Keys.BeginWrite(key.Hash), hash));
        EffectBuilder effect = _engine.Effects.Begin(Index).Add("HDEL"u8).Add(key.Bytes);
        int expired = 0;
        for (; expired < max && HashValue.TryGetDue(hash, _engine.NowMs, out HashFieldRef due); expired++)
        {
            effect.Add(due.Field.Bytes);
            editor.RemoveFirstExpiring();
        }
        if (expired == 0) return 0;
        effect.Emit();
        _engine.Statistics.ExpiredFields += expired;
        Keys.NoteFieldExpiry(key.Hash, hash);
        if (HashValue.Count(hash) > 0)
        {
            AnnounceLoss(KeyspaceEventClass.Expired, "hexpired"u8, key.Bytes);
            return expired;
        }
        Announce(KeyspaceEventClass.Expired, "hexpired"u8, key.Bytes);
        bool lazy = _engine.Settings.Memory.LazyFreeExpire;
        _engine.Effects.Begin(Index).Add(lazy ? "UNLINK"u8 : "DEL"u8).Add(key.Bytes).Emit();
        AnnounceLoss(KeyspaceEventClass.Generic, "del"u8, key.Bytes);
        RemoveKey(key, lazy);
        return expired;
    }

    /// <summary>A random key that has not expired; null when there is none.</summary>
    /// <remarks>While clients are paused, or data is imported, all keys may have expired and still be there: after some tries one of those will do.</remarks>
    public EntryRef RandomKey()
    {
        for (int tries = 0; ; tries++)
        {
            EntryRef entry = Keys.RandomKey(ref _engine.Random);
            if (entry.IsNull || !entry.HasExpiry) return entry;
            if (!ExpireIfDue(new KeyRef(entry.Key, _engine.Hasher.Hash(entry.Key)), entry)) return entry;
            if (tries >= RandomTriesMax && (_engine.Pause.IsActive || _engine.IsImporting) && Keys.Count == Keys.ExpiringCount) return entry;
        }
    }

    /// <summary>Gives a key that exists another name that is free.</summary>
    public void Rename(CommandContext command, in KeyRef from, in KeyRef to)
    {
        if (!Keys.TryFind(from.Hash, from.Bytes, out KeySlot slot)) return;
        EntryEncoding encoding = StringEncoding.AfterRename(slot.Entry, to.Bytes.Length);
        Keys.Rename(Keys.BeginWrite(from.Hash), from.Hash, slot, to.Hash, to.Bytes, encoding);
        command.HasWritten = true;
    }

    /// <summary>Moves a key that exists to a database that does not have it.</summary>
    public void MoveTo(CommandContext command, in KeyRef key, Database target)
    {
        if (!Keys.TryFind(key.Hash, key.Bytes, out KeySlot slot)) return;
        target.Keys.TakeFrom(Keys, Keys.BeginWrite(key.Hash), key.Hash, slot);
        command.HasWritten = true;
    }

    /// <summary>Raises an event of a key.</summary>
    public void Announce(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key)
    {
        if (_engine.Events.IsActive) _engine.Events.Raise(eventClass, eventName, key, Index);
    }

    /// <summary>Raises an event of a key and tells those who follow it that it was written.</summary>
    public void AnnounceWrite(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key)
    {
        if (_engine.Observers.IsActive) _engine.Observers.KeyWritten(Index, key);
        Announce(eventClass, eventName, key);
    }

    /// <summary>Raises an event of a key that the server has changed by itself and tells those who follow it.</summary>
    public void AnnounceLoss(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key)
    {
        if (_engine.Observers.IsActive) _engine.Observers.KeyLost(Index, key);
        Announce(eventClass, eventName, key);
    }

    /// <summary>Removes what has a name, expired or not, since an empty result takes its place: that is no expiry.</summary>
    public void RemoveForEmptyResult(CommandContext command, in KeyRef key)
    {
        if (Keys.Find(key.Hash, key.Bytes).IsNull) return;
        RemoveKey(key, _engine.Settings.Memory.LazyFreeServerDelete);
        command.HasWritten = true;
        AnnounceWrite(KeyspaceEventClass.Generic, "del"u8, key.Bytes);
        _engine.Dirty++;
    }

    /// <summary>Removes a key whose name another value gets in the same command, which must not fail from then on.</summary>
    public void MakeWay(CommandContext command, in KeyRef key)
    {
        RemoveKey(key, _engine.Settings.Memory.LazyFreeServerDelete);
        command.HasWritten = true;
    }

    /// <summary>Takes a key that exists out and frees it, here or, if it is large and wanted so, in the background.</summary>
    internal void RemoveKey(in KeyRef key, bool inBackground)
    {
        if (!Keys.TryFind(key.Hash, key.Bytes, out KeySlot slot)) return;
        WritePermit permit = Keys.BeginWrite(key.Hash);
        if (inBackground) _engine.LazyFree.Free(Keys.Detach(permit, key.Hash, slot));
        else Keys.Remove(permit, key.Hash, slot);
    }

    /// <summary>Removes all keys; returns how many there were.</summary>
    public long Flush(bool inBackground)
    {
        long count = Keys.Count;
        if (_engine.Observers.IsActive) _engine.Observers.DatabaseFlushing(Index);
        if (count > 0)
        {
            RetiredKeys retired = Keys.Retire();
            if (inBackground) _engine.LazyFree.Free(retired);
            else retired.Free();
        }
        ExpiryCursor = FieldExpiryCursor = 0;
        AverageTtlMs = 0;
        return count;
    }

    /// <summary>Puts a table in the place of all keys, which are freed.</summary>
    public void Replace(KeyTable keys)
    {
        KeyTable old = Keys;
        Keys = keys;
        ExpiryCursor = FieldExpiryCursor = 0;
        AverageTtlMs = 0;
        Discard(old);
    }

    /// <summary>Frees a table that no database holds, with its keys.</summary>
    public static void Discard(KeyTable keys)
    {
        keys.Retire().Free();
        keys.Destroy();
    }

    /// <summary>Exchanges the keys of two databases.</summary>
    public static void Swap(Database first, Database second)
    {
        (first.Keys, second.Keys) = (second.Keys, first.Keys);
        (first.AverageTtlMs, second.AverageTtlMs) = (second.AverageTtlMs, first.AverageTtlMs);
        (first.ExpiryCursor, second.ExpiryCursor) = (second.ExpiryCursor, first.ExpiryCursor);
        (first.FieldExpiryCursor, second.FieldExpiryCursor) = (second.FieldExpiryCursor, first.FieldExpiryCursor);
    }

    /// <summary>Tells of a removal that nobody has asked for, before it happens.</summary>
    private void AnnounceRemoval(in KeyRef key, bool inBackground, KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, bool byCommand = false)
    {
        if (_engine.Effects.IsActive) _engine.Effects.Begin(Index).Add(inBackground ? "UNLINK"u8 : "DEL"u8).Add(key.Bytes).Emit();
        if (byCommand) AnnounceWrite(eventClass, eventName, key.Bytes);
        else AnnounceLoss(eventClass, eventName, key.Bytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountMiss(in KeyRef key)
    {
        _engine.Statistics.KeyspaceMisses++;
        if (_engine.Events.IsActive) _engine.Events.Raise(KeyspaceEventClass.KeyMiss, "keymiss"u8, key.Bytes, Index);
    }
}
