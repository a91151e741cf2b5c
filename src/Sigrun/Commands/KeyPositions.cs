using System.Buffers;

namespace Sigrun.Commands;

/// <summary>A key among the arguments of a command.</summary>
/// <param name="Index">The index of the argument.</param>
/// <param name="Flags">How the command uses the key.</param>
internal readonly record struct KeyPosition(int Index, KeyFlags Flags);

/// <summary>
/// Collects the keys of a command. It starts in memory of the caller, usually on the stack, and moves to a rented
/// array when there are more: nothing is allocated on the managed heap. Dispose it to give the array back.
/// </summary>
internal ref struct KeyPositions
{
    private Span<KeyPosition> _items;
    private KeyPosition[]? _rented;
    private int _count;

    /// <summary>Starts with no keys.</summary>
    /// <param name="initial">Memory for the first keys.</param>
    public KeyPositions(Span<KeyPosition> initial) => _items = initial;

    /// <summary>The keys found so far.</summary>
    public readonly ReadOnlySpan<KeyPosition> Items => _items[.._count];

    /// <summary>How many keys were found so far.</summary>
    public readonly int Count => _count;

    /// <summary>Adds a key.</summary>
    /// <param name="index">The index of the argument.</param>
    /// <param name="flags">How the command uses it.</param>
    public void Add(int index, KeyFlags flags)
    {
        if (_count == _items.Length) Grow();
        _items[_count++] = new KeyPosition(index, flags);
    }

    /// <summary>Forgets all keys.</summary>
    public void Clear() => _count = 0;

    /// <summary>Gives rented memory back.</summary>
    public void Dispose()
    {
        if (_rented is not null) ArrayPool<KeyPosition>.Shared.Return(_rented);
        this = default;
    }

    private void Grow()
    {
        KeyPosition[] larger = ArrayPool<KeyPosition>.Shared.Rent(Math.Max(16, _count * 2));
        _items[.._count].CopyTo(larger);
        if (_rented is not null) ArrayPool<KeyPosition>.Shared.Return(_rented);
        _items = _rented = larger;
    }
}
