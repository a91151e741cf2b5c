using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>A place in a sorted set that can be moved in both directions; valid until the set is written.</summary>
/// <remarks>Members of large sets lie anywhere in memory: those ahead are fetched while the present one is worked on.</remarks>
public unsafe ref struct SortedSetCursor
{
    private const int Ahead = 8;

    private readonly byte* _heapBase;
    private readonly byte* _pack;
    private byte* _element;
    private ScoreLeaf* _leaf;
    private int _index;

    /// <summary>A place in a listpack; null is its end.</summary>
    internal SortedSetCursor(byte* pack, byte* element)
    {
        _pack = pack;
        _element = element;
    }

    /// <summary>A place in a tree; null is its end.</summary>
    internal SortedSetCursor(byte* heapBase, ScoreLeaf* leaf, int index, bool forward)
    {
        _heapBase = heapBase;
        _leaf = leaf;
        _index = index;
        if (leaf == null) return;
        for (int i = 1; i < Ahead; i++) FetchAt(forward ? index + i : index - i);
    }

    /// <summary>Whether there is no member here.</summary>
    public readonly bool IsEnd => _leaf == null && _element == null;

    /// <summary>The score.</summary>
    public readonly double Score => _leaf != null ? ScoreLeaf.Scores(_leaf)[_index] : SortedSetPack.ScoreOf(_element);

    /// <summary>The member's bytes; those of a number are written to the scratch space (<see cref="ListpackElement.DigitsMax"/> bytes).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ReadOnlySpan<byte> GetMember(Span<byte> scratch) =>
        _leaf != null ? MemberEntry.Member(Entry) : Listpack.Get(_element).GetBytes(scratch);

    /// <summary>The entry of a member in a tree, or null.</summary>
    internal readonly byte* Entry => _leaf == null ? null : ScoreLeaf.Entry(_heapBase, _leaf, _index);

    /// <summary>Goes to the next member in ascending order.</summary>
    public void MoveNext()
    {
        if (_leaf == null)
        {
            _element = SortedSetPack.Next(_element);
            return;
        }
        if (++_index < _leaf->Count)
        {
            FetchAt(_index + Ahead - 1);
            return;
        }
        _leaf = _leaf->Next;
        _index = 0;
        if (_leaf == null) return;
        Prefetch.Line(_leaf->Next);
        for (int i = 0; i < Ahead; i++) FetchAt(i);
    }

    /// <summary>Goes to the next member in descending order.</summary>
    public void MovePrevious()
    {
        if (_leaf == null)
        {
            _element = SortedSetPack.Previous(_pack, _element);
            return;
        }
        if (--_index >= 0)
        {
            FetchAt(_index - Ahead + 1);
            return;
        }
        _leaf = _leaf->Previous;
        if (_leaf == null) return;
        _index = _leaf->Count - 1;
        Prefetch.Line(_leaf->Previous);
        for (int i = 0; i < Ahead; i++) FetchAt(_index - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void FetchAt(int index)
    {
        if ((uint)index < _leaf->Count) Prefetch.Line(ScoreLeaf.Entry(_heapBase, _leaf, index));
    }
}
