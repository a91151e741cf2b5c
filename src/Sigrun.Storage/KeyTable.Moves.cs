using Sigrun.Storage.Defragmentation;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Storage;

/// <content>Moving what the tables consist of, and the keys' entries.</content>
public sealed unsafe partial class KeyTable
{
    /// <summary>Moves the blocks of the tables but for chain lines and entries.</summary>
    internal void MoveFrames(BlockMover blocks)
    {
        _keys = _keys.MoveFrame(blocks);
        _expiring = _expiring.MoveFrame(blocks);
        _fieldExpiring = _fieldExpiring.MoveFrame(blocks);
    }

    /// <summary>Moves what lies at one place of the table of keys; returns the next cursor.</summary>
    internal ulong MoveKeys<TMover>(BlockMover blocks, ulong cursor, ref TMover entries) where TMover : struct, IEntryMover =>
        _keys.Move(blocks, cursor, ref entries);

    /// <summary>Moves the chain lines of one place of the expiry index; returns the next cursor.</summary>
    internal ulong MoveExpiryLines(BlockMover blocks, ulong cursor)
    {
        StayingEntries entries = default;
        return _expiring.Move(blocks, cursor, ref entries);
    }

    /// <summary>Moves the chain lines of one place of the register of hashes; returns the next cursor.</summary>
    internal ulong MoveFieldExpiryLines(BlockMover blocks, ulong cursor)
    {
        StayingEntries entries = default;
        return _fieldExpiring.Move(blocks, cursor, ref entries);
    }

    /// <summary>Moves an entry of the table of keys, which learns of it by the result; the other tables are told here.</summary>
    internal byte* MoveEntry(BlockMover blocks, byte* entry)
    {
        byte* moved = blocks.Move(entry);
        if (moved == entry)
            return entry;
        bool isExpiring = EntryHeader.HasExpiry(moved);
        bool isRegistered = FieldExpiryRegister.Holds(moved);
        if (!isExpiring && !isRegistered)
            return moved;
        ulong hash = Hash(KeyLayout.Key(moved));
        if (isExpiring)
            _expiring.Replace(_expiring.BeginWrite(hash), FindExpiry(hash, entry), moved);
        if (isRegistered)
            _fieldExpiring.Replace(_fieldExpiring.BeginWrite(hash), FindFieldExpiry(hash, entry), moved);
        return moved;
    }

    /// <summary>An entry whose key has that hash, or null.</summary>
    internal byte* FindHash(ulong hash) => _keys.FindHash(hash);
}
