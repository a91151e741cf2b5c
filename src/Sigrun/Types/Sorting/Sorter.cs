using System.Buffers;
using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.Sorting;

/// <summary>The order of elements by themselves or by what a pattern names, as numbers or as texts.</summary>
/// <remarks>
/// Everything is sorted by 64-bit keys first: numbers as they are, texts by their first eight bytes. Only among those
/// whose keys are equal are whole texts compared. Whole numbers are all in their keys: they are sorted without anything
/// that leads back to the elements, which are then written anew, in order, so that whoever reads them does not jump
/// about in memory.
/// </remarks>
internal ref struct Sorter
{
    private readonly CommandContext _c;
    private readonly SortRequest _request;
    private readonly ulong[] _keys;
    private readonly int[] _order;
    private readonly int _count;
    private readonly Collation? _collation;
    private SortTexts _elements;
    private SortTexts _weights;

    /// <summary>Prepares to sort elements, which stay the caller's but may be put into order.</summary>
    public Sorter(CommandContext c, in SortRequest request, in SortTexts elements)
    {
        _c = c;
        _request = request;
        _elements = elements;
        _count = elements.Count;
        _collation = request.IsAlpha && request.StoreKey == 0 ? c.Engine.Collation : null;
        _weights = new SortTexts(ComparesWeights ? _count : 0);
        _keys = ArrayPool<ulong>.Shared.Rent(Math.Max(_count, 1));
        _order = ArrayPool<int>.Shared.Rent(Math.Max(_count, 1));
    }

    /// <summary>The indexes of the elements in order.</summary>
    public readonly ReadOnlySpan<int> Order => _order.AsSpan(0, _count);

    /// <summary>
    /// Whether texts are compared as far as C's strings go. What is stored is compared as a whole and by its bytes, so that
    /// it is the same everywhere.
    /// </summary>
    private readonly bool ComparesUpToNul => _request.IsAlpha && _request.StoreKey == 0 && _collation is null;

    private readonly bool ComparesWeights => _request.IsAlpha && (_request.By > 0 || _collation is not null);

    /// <summary>Gives the memory back.</summary>
    public readonly void Dispose()
    {
        _weights.Dispose();
        ArrayPool<ulong>.Shared.Return(_keys);
        ArrayPool<int>.Shared.Return(_order);
    }

    /// <summary>Leaves the elements in the order in which they came.</summary>
    public readonly void Keep()
    {
        for (int i = 0; i < _count; i++) _order[i] = i;
    }

    /// <summary>Sorts; false when something that should be a number is none.</summary>
    public bool TrySort()
    {
        Keep();
        if (_request.By == 0 && !_request.IsAlpha && _elements.TryGetExactKeys(_keys))
        {
            SortKeys.Sort(_keys.AsSpan(0, _count));
            _elements.SetExactKeys(_keys.AsSpan(0, _count));
            if (_request.IsDescending) _order.AsSpan(0, _count).Reverse();
            return true;
        }
        bool areNumbers = true;
        for (int i = 0; i < _count; i++) areNumbers &= TryMakeKey(i);
        if (!areNumbers) return false;
        Span<ulong> keys = _keys.AsSpan(0, _count);
        Span<int> order = _order.AsSpan(0, _count);
        SortKeys.Sort(keys, order);
        for (int start = 0; start < keys.Length;)
        {
            int end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            if (end - start > 1) SortEqual(order[start..end]);
            start = end;
        }
        if (_request.IsDescending) order.Reverse();
        return true;
    }

    private bool TryMakeKey(int index)
    {
        Span<byte> digits = stackalloc byte[NumberText.Int64Max];
        _keys[index] = 0;
        if (_request.By == 0)
        {
            if (_collation is not null) AddWeight(index, _elements.Get(index, digits));
            else if (_request.IsAlpha) _keys[index] = KeyOf(_elements.Get(index, digits));
            else if (_elements.TryGetNumber(index, out long number)) _keys[index] = SortKeys.Of((double)number);
            else return TryMakeKey(index, _elements.Get(index, digits));
            return true;
        }
        Span<byte> scratch = stackalloc byte[NumberText.Int64Max];
        ReadOnlySpan<byte> pattern = _c.Arg(_request.By);
        ReadOnlySpan<byte> element = _elements.Get(index, digits);
        ReadOnlySpan<byte> value = element;
        bool isThere = SortPattern.IsElement(pattern) || SortPattern.TryLookUp(_c, pattern, element, scratch, out value);
        if (!_request.IsAlpha)
        {
            if (isThere) return TryMakeKey(index, value);
            _keys[index] = SortKeys.Of(0.0);
            return true;
        }
        if (isThere) AddWeight(index, value);
        else _weights.AddNothing();
        return true;
    }

    private void AddWeight(int index, scoped ReadOnlySpan<byte> text)
    {
        if (_collation is not null) text = _collation.KeyOf(text);
        _weights.Add(text);
        _keys[index] = KeyOf(text);
    }

    private readonly ulong KeyOf(ReadOnlySpan<byte> text) => SortKeys.Of(ComparesUpToNul ? CommandErrors.UpToNul(text) : text);

    /// <summary>Makes a key of a text that is a number up to a zero byte.</summary>
    private readonly bool TryMakeKey(int index, ReadOnlySpan<byte> text)
    {
        if (!DoubleText.TryRead(CommandErrors.UpToNul(text), out double value)) return false;
        _keys[index] = SortKeys.Of(value);
        return true;
    }

    /// <summary>Sorts indexes whose keys are equal: a heap, which needs no memory and no delegate.</summary>
    private readonly void SortEqual(Span<int> indexes)
    {
        if (!_request.IsAlpha && AreSame(indexes)) return;
        for (int i = indexes.Length / 2 - 1; i >= 0; i--) Sift(indexes, i);
        for (int end = indexes.Length - 1; end > 0; end--)
        {
            (indexes[0], indexes[end]) = (indexes[end], indexes[0]);
            Sift(indexes[..end], 0);
        }
    }

    private readonly void Sift(Span<int> heap, int at)
    {
        int moved = heap[at];
        for (int child = 2 * at + 1; child < heap.Length; child = 2 * at + 1)
        {
            if (child + 1 < heap.Length && Compare(heap[child], heap[child + 1]) < 0) child++;
            if (Compare(moved, heap[child]) >= 0) break;
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = moved;
    }

    private readonly bool AreSame(ReadOnlySpan<int> indexes)
    {
        foreach (int index in indexes[1..])
        {
            if (CompareTexts(indexes[0], index) != 0) return false;
        }
        return true;
    }

    private readonly int CompareTexts(int left, int right) => ComparesWeights
        ? _weights.Compare(left, right, ComparesUpToNul)
        : _elements.Compare(left, right, ComparesUpToNul);

    /// <summary>
    /// Compares elements whose keys are equal. Equal ones keep the order in which they came, which is turned round at
    /// the end where the greatest comes first.
    /// </summary>
    private readonly int Compare(int left, int right)
    {
        int byText = CompareTexts(left, right);
        if (byText != 0) return byText;
        return _request.IsDescending ? right.CompareTo(left) : left.CompareTo(right);
    }
}
