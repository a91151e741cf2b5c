using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Types.Hashes;

/// <summary>
/// A hash that a command sets fields of. One that does not exist is made on its own, with the first field, and becomes
/// the key's when the command commits.
/// </summary>
internal ref struct HashWrite
{
    private readonly CommandContext _command;
    private readonly HashLimits _limits;
    private readonly bool _exists;
    private WriteScope _scope;
    private EntryRef _made;
    private long _revived;

    private HashWrite(CommandContext c, WriteScope scope)
    {
        _command = c;
        _scope = scope;
        _limits = c.Engine.Settings.Types.HashLimits;
        _exists = !scope.Entry.IsNull;
        HadExpiring = _exists && HashValue.HasExpiring(scope.Entry);
    }

    /// <summary>Whether the key exists.</summary>
    public readonly bool Exists => _exists;

    /// <summary>Whether fields of it expired before the command changed any.</summary>
    public bool HadExpiring { get; }

    /// <summary>The right to change the key.</summary>
    public readonly WriteScope Scope => _scope;

    /// <summary>Opens a key; false when it holds something else and the error was replied.</summary>
    public static bool TryOpen(CommandContext c, in KeyRef key, out HashWrite write)
    {
        bool isHash = TypedKey.TryOpenWrite(c, key, EntryType.Hash, out WriteScope scope);
        write = isHash ? new HashWrite(c, scope) : default;
        return isHash;
    }

    /// <summary>Finds a field.</summary>
    public readonly bool TryGet(ReadOnlySpan<byte> field, out HashFieldRef found)
    {
        found = default;
        return _exists && HashValue.TryGet(_command.Engine.Heap, _scope.Entry, field, _command.FieldsNowMs, out found);
    }

    /// <summary>Leaves the listpack at once when what comes does not fit it: arguments from one on, fields and values in turn.</summary>
    public void Prepare(int firstArgument)
    {
        int longest = 0;
        long bytes = 0;
        for (int i = firstArgument; i < _command.ArgCount; i++)
        {
            int length = _command.Arg(i).Length;
            longest = Math.Max(longest, length);
            bytes += length;
        }
        long fields = (_command.ArgCount - firstArgument) / 2;
        if (!_exists && fields > _limits.ListpackEntries)
        {
            MakeTable(fields);
            return;
        }
        try
        {
            Editor().Prepare(_limits, fields, longest, bytes);
        }
        catch (HeapExhaustedException) when (!_made.IsNull)
        {
            DetachedEntry.Free(_command.Engine.Heap, _made);
            throw;
        }
    }

    /// <summary>Gives a field a value.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiryMs">When it shall expire, −1 for never.</param>
    /// <param name="keepsExpiry">Whether a field that is there keeps its expiry instead.</param>
    /// <returns>What that has done.</returns>
    public FieldChange Set(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value, long expiryMs = -1, bool keepsExpiry = false)
    {
        if (_exists && expiryMs >= 0) _scope.ReserveFieldExpiry();
        try
        {
            FieldChange change = Editor().Set(_limits, field, value, expiryMs, keepsExpiry, _command.FieldsNowMs);
            if (change == FieldChange.Revived) _revived++;
            return change;
        }
        catch (HeapExhaustedException) when (!_made.IsNull)
        {
            DetachedEntry.Free(_command.Engine.Heap, _made);
            throw;
        }
    }

    /// <summary>Ends the change: fields that were set though they had expired count as expired before.</summary>
    /// <param name="eventName">The event.</param>
    /// <param name="changes">How many changes there were.</param>
    public void Commit(ReadOnlySpan<byte> eventName, long changes)
    {
        if (_exists) _scope.FollowFieldExpiry();
        else _scope.Attach(_made);
        if (_revived > 0)
        {
            _command.Engine.Statistics.ExpiredFields += _revived;
            _scope.Raise(KeyspaceEventClass.Hash, "hexpired"u8);
        }
        _scope.Commit(KeyspaceEventClass.Hash, eventName);
        _command.Engine.Dirty += changes - 1;
    }

    private HashEditor Editor()
    {
        if (_exists) return new HashEditor(_scope.Edit());
        Heap heap = _command.Engine.Heap;
        if (_made.IsNull) _made = HashValue.NewEntry(heap, _command.Arg(1), KeyEntry.NoExpiry);
        return new HashEditor(StructureEditor.ForDetached(heap, _made));
    }

    private void MakeTable(long fields) =>
        _made = HashValue.NewTable(_command.Engine.Heap, _command.Arg(1), KeyEntry.NoExpiry, fields);
}
