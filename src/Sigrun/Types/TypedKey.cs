using System.Runtime.CompilerServices;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types;

/// <summary>Finds keys of which a command expects a type; another type gets the error that all servers give.</summary>
internal static class TypedKey
{
    /// <summary>Finds a key for reading; a missing one gives a null entry and true.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(CommandContext c, in KeyRef key, EntryType type, out EntryRef entry)
    {
        entry = c.Db.FindForRead(key);
        return Is(c, entry, type);
    }

    /// <summary>Opens a key, existing or not, for writing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryOpenWrite(CommandContext c, scoped in KeyRef key, EntryType type, out WriteScope scope)
    {
        scope = c.Db.OpenWrite(c, key);
        return Is(c, scope.Entry, type);
    }

    /// <summary>Whether an entry, if there is one, is of the type; replies the error when it is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(CommandContext c, EntryRef entry, EntryType type)
    {
        if (entry.IsNull || entry.Type == type) return true;
        c.Reply.Error(CommandErrors.WrongType);
        return false;
    }
}
