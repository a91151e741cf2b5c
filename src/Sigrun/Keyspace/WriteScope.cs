using System.Runtime.CompilerServices;
using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Types.Strings;

namespace Sigrun.Keyspace;

/// <summary>
/// The only way for a command to change a key. What must follow a change (dirty count, keyspace event,
/// observers) is done by <see cref="Commit"/>, whose event argument cannot be forgotten; effects follow
/// once per command.
/// </summary>
/// <remarks>
/// Nothing of it costs more than a test while nobody listens. Opened by <see cref="Database.OpenWrite"/>,
/// which also lets a snapshot take its copy first. A scope that is not committed must not have changed
/// anything that a client can see.
/// </remarks>
internal ref struct WriteScope
{
    /// <summary>Above the 24 access bits: there are some.</summary>
    private const uint Inherits = 1u << 31;

    private readonly Engine _engine;
    private readonly Database _database;
    private readonly CommandContext _command;
    private readonly KeyRef _key;
    private readonly bool _existed;
    private KeySlot _slot;
    private bool _isSlotValid;
    private uint _inheritedLru;

    /// <summary>Opens a scope.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal WriteScope(Engine engine, Database database, CommandContext command, KeyRef key, bool found, KeySlot slot)
    {
        _engine = engine;
        _database = database;
        _command = command;
        _key = key;
        _existed = _isSlotValid = found;
        _slot = slot;
        Entry = found ? slot.Entry : default;
    }

    /// <summary>The entry as it is now; null when the key does not exist.</summary>
    public EntryRef Entry { get; private set; }

    /// <summary>Makes the key hold a string, whatever it held before; kept as an integer where it is one.</summary>
    /// <param name="value">The new value; must not alias stored bytes.</param>
    /// <param name="expiryMs">Its expiry, −1 for none.</param>
    public void SetString(scoped ReadOnlySpan<byte> value, long expiryMs)
    {
        if (value.Length <= NumberText.Int64Max && NumberText.TryParseInt64(value, out long number))
        {
            SetInteger(number, expiryMs);
            return;
        }
        bool hasExpiry = expiryMs >= 0 || (IsPresent && Entry.HasExpiry);
        SetBytes(value, StringEncoding.ForBytes(_key.Bytes.Length, value.Length, hasExpiry), expiryMs);
    }

    /// <summary>Makes the key hold these bytes as they are.</summary>
    public void SetBytes(scoped ReadOnlySpan<byte> value, EntryEncoding encoding, long expiryMs)
    {
        KeyTable keys = _database.Keys;
        WritePermit permit = keys.BeginWrite(_key.Hash);
        if (HoldsString()) Moved(keys.SetString(permit, _key.Hash, Slot, value, encoding, expiryMs));
        else Added(keys.AddString(permit, _key.Hash, _key.Bytes, value, encoding, expiryMs));
    }

    /// <summary>Makes the key hold an integer.</summary>
    public void SetInteger(long value, long expiryMs)
    {
        KeyTable keys = _database.Keys;
        WritePermit permit = keys.BeginWrite(_key.Hash);
        if (HoldsString()) Moved(keys.SetInteger(permit, _key.Hash, Slot, value, expiryMs));
        else Added(keys.AddInteger(permit, _key.Hash, _key.Bytes, value, expiryMs));
    }

    /// <summary>Adds bytes at the end of the existing string, which is raw from then on.</summary>
    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        KeyTable keys = _database.Keys;
        Moved(keys.Append(keys.BeginWrite(_key.Hash), _key.Hash, Slot, bytes));
    }

    /// <summary>Makes the key hold a raw string that was made on its own, without a copy.</summary>
    public void SetBytes(scoped DetachedString value, long expiryMs)
    {
        KeyTable keys = _database.Keys;
        WritePermit permit = keys.BeginWrite(_key.Hash);
        if (HoldsString()) Moved(keys.SetString(permit, _key.Hash, Slot, value, EntryEncoding.Raw, expiryMs));
        else Added(keys.AddString(permit, _key.Hash, _key.Bytes, value, EntryEncoding.Raw, expiryMs));
    }

    /// <summary>
    /// The bytes of the string, at least that many and new ones zero, to write into; raw from then on. A key
    /// that does not exist is made. The span is valid until the next write.
    /// </summary>
    /// <param name="length">How many there must be at least.</param>
    /// <param name="from">The first of the present bytes that may be written: a snapshot may have to copy them.</param>
    /// <param name="to">Where those end.</param>
    public Span<byte> OpenBytes(long length, long from = 0, long to = long.MaxValue)
    {
        if (!IsPresent) AddZeros(length);
        KeyTable keys = _database.Keys;
        Span<byte> bytes = keys.OpenBytes(keys.BeginWrite(_key.Hash), _key.Hash, Slot, length, from, to, out EntryRef entry);
        Moved(entry);
        return bytes;
    }

    private void AddZeros(long length)
    {
        if (length <= StringEntry.InlineLimit)
        {
            SetBytes(stackalloc byte[(int)length], EntryEncoding.Raw, -1);
            return;
        }
        var zeros = new DetachedString(_engine.Heap, length);
        zeros.Bytes.Clear();
        SetBytes(zeros, -1);
    }

    /// <summary>The structure of the existing entry, to be changed; the command has written once its content is another.</summary>
    public readonly StructureEditor Edit() =>
        new(_engine.Heap, _database.Keys.BeginWrite(_key.Hash), Entry, ref _command.WrittenFlag);

    /// <summary>Makes sure that fields of the hash can get an expiry and <see cref="FollowFieldExpiry"/> cannot fail.</summary>
    public readonly void ReserveFieldExpiry() => _database.Keys.ReserveFieldExpiry(_key.Hash);

    /// <summary>Enters the hash where the expiry cycle looks, or takes it out, after its fields were changed.</summary>
    public readonly void FollowFieldExpiry() => _database.Keys.NoteFieldExpiry(_key.Hash, Entry);

    /// <summary>Makes an entry that was made on its own the key's, whatever the key held before.</summary>
    public void Attach(EntryRef made)
    {
        if (IsPresent) Drop();
        Added(_database.Keys.Attach(_database.Keys.BeginWrite(_key.Hash), _key.Hash, made));
    }

    /// <summary>Removes the existing entry, of which nothing is left, after the change that emptied it was committed.</summary>
    public void RemoveEmptied()
    {
        Remove(inBackground: false);
        Raise(KeyspaceEventClass.Generic, "del"u8);
    }

    /// <summary>Sets or (−1) removes the expiry of the existing entry.</summary>
    public void SetExpiry(long expiryMs)
    {
        bool outgrows = expiryMs >= 0 && StringEncoding.OutgrowsWithExpiry(Entry);
        KeyTable keys = _database.Keys;
        Moved(keys.SetExpiry(keys.BeginWrite(_key.Hash), _key.Hash, Slot, expiryMs));
        if (outgrows) OpenBytes(0);
    }

    /// <summary>Removes the existing entry; its memory is freed here or, if it is large and wanted so, in the background.</summary>
    public void Remove(bool inBackground)
    {
        _database.RemoveKey(_key, inBackground);
        Entry = default;
        _isSlotValid = false;
        _command.HasWritten = true;
    }

    /// <summary>Removes the existing entry because the expiry it was to get is past: that counts as expiring.</summary>
    public void RemoveExpired()
    {
        if (_engine.Effects.IsActive) _command.SuppressEffects();
        _database.Expire(_key, byCommand: true);
        _engine.Dirty++;
        Entry = default;
        _isSlotValid = false;
        _command.HasWritten = true;
    }

    private readonly bool IsPresent => !Entry.IsNull;

    /// <summary>Whether there is a string to overwrite; any other value makes way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HoldsString()
    {
        if (Entry.IsNull) return false;
        if (!Entry.IsStructure) return true;
        Drop();
        return false;
    }

    /// <summary>Removes the existing entry for another one that takes its place and its access bits.</summary>
    private void Drop()
    {
        _inheritedLru = Entry.Lru | Inherits;
        Remove(_engine.Settings.Memory.LazyFreeServerDelete);
    }

    /// <summary>The place of the entry; looked up again when a write may have moved it.</summary>
    private KeySlot Slot
    {
        get
        {
            if (!_isSlotValid) _isSlotValid = _database.Keys.TryFind(_key.Hash, _key.Bytes, out _slot);
            return _slot;
        }
    }

    private void Moved(EntryRef entry)
    {
        Entry = entry;
        _isSlotValid = false;
        _command.HasWritten = true;
    }

    private void Added(EntryRef entry)
    {
        entry.Lru = _inheritedLru == 0 ? _engine.AccessClock.Initial : _inheritedLru & ~Inherits;
        Moved(entry);
    }

    /// <summary>Ends a change: counts it, raises the event (of class None: no event), tells those who follow the key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Commit(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName)
    {
        _engine.Dirty++;
        if (_engine.Events.IsActive || _engine.Observers.IsActive) Announce(eventClass, eventName);
    }

    /// <summary>A further event of the same change.</summary>
    public readonly void Raise(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName)
    {
        if (_engine.Events.IsActive) _engine.Events.Raise(eventClass, eventName, _key.Bytes, _database.Index);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Announce(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName)
    {
        if (_engine.Observers.IsActive) _engine.Observers.KeyWritten(_database.Index, _key.Bytes);
        if (!_engine.Events.IsActive) return;
        if (!_existed && !Entry.IsNull) _engine.Events.Raise(KeyspaceEventClass.New, "new"u8, _key.Bytes, _database.Index);
        if (eventClass != KeyspaceEventClass.None) _engine.Events.Raise(eventClass, eventName, _key.Bytes, _database.Index);
    }
}
