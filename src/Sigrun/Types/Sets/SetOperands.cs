using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Types.Sets;

/// <summary>The sets that a command works on together, found once. One per engine; it is reused.</summary>
internal sealed class SetOperands
{
    private const int KeptMax = 1024;

    private EntryRef[] _sets = new EntryRef[16];
    private long[] _sizes = new long[16];

    /// <summary>How many keys exist.</summary>
    public int Count { get; private set; }

    /// <summary>How many keys were named.</summary>
    public int Named { get; private set; }

    /// <summary>The set of the first key named; null when there is none.</summary>
    public EntryRef First { get; private set; }

    /// <summary>The sets that exist, in the order of their keys until they are sorted; valid until a key is written.</summary>
    public ReadOnlySpan<EntryRef> Sets => _sets.AsSpan(0, Count);

    /// <summary>The sets but for that of the first key, which exists.</summary>
    public ReadOnlySpan<EntryRef> Others => _sets.AsSpan(1, Count - 1);

    /// <summary>Finds sets; false when one key holds something else and the error was replied.</summary>
    public bool TryFind(CommandContext c, int firstArgument, int count)
    {
        MakeRoom(count);
        for (int i = 0; i < count; i++)
        {
            if (!TypedKey.TryFind(c, c.Key(firstArgument + i), EntryType.Set, out EntryRef set)) return false;
            _sets[i] = set;
        }
        First = _sets[0];
        Named = count;
        Count = 0;
        for (int i = 0; i < count; i++)
        {
            if (!_sets[i].IsNull) _sets[Count++] = _sets[i];
        }
        return true;
    }

    /// <summary>Puts the smallest set first.</summary>
    public void SortBySize()
    {
        for (int i = 0; i < Count; i++) _sizes[i] = SetValue.Count(_sets[i]);
        _sizes.AsSpan(0, Count).Sort(_sets.AsSpan(0, Count));
    }

    /// <summary>Puts the largest first of those after the first, which exists.</summary>
    public void SortOthersBySizeDescending()
    {
        for (int i = 1; i < Count; i++) _sizes[i] = -SetValue.Count(_sets[i]);
        _sizes.AsSpan(1, Count - 1).Sort(_sets.AsSpan(1, Count - 1));
    }

    /// <summary>Whether another key named leads to the first one's set.</summary>
    public bool IsFirstRepeated()
    {
        foreach (EntryRef set in Others)
        {
            if (set == First) return true;
        }
        return false;
    }

    private void MakeRoom(int count)
    {
        if (_sets.Length >= count && (_sets.Length <= KeptMax || count > KeptMax)) return;
        int room = Math.Max(16, count);
        _sets = new EntryRef[room];
        _sizes = new long[room];
    }
}
