using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>
/// Frees blocks of a heap from a thread that does not own it: one thread fills a batch, disposing it
/// hands the blocks over.
/// </summary>
/// <remarks>
/// The dead blocks of one slab are chained through themselves exactly as the slab's free list is, so
/// that the owner takes a whole chain with one link: FLUSHALL of a million keys costs the owner one
/// step per slab. Pages of large blocks are given back here, on this thread. The blocks must be
/// unreachable for the owner when they are freed, and count as used until absorbed.
/// </remarks>
public sealed unsafe class BackgroundFreeBatch : IDisposable
{
    private const int MaxGroups = 1 << 16;

    private readonly Heap _heap;
    private readonly Dictionary<int, FreedGroup> _groups = [];
    private readonly List<FreedGroup> _finished = [];

    /// <summary>Makes an empty batch for blocks of that heap.</summary>
    public BackgroundFreeBatch(Heap heap) => _heap = heap;

    internal Heap Heap => _heap;

    /// <summary>Puts a block on the batch; it must not be touched any more.</summary>
    public void Free(byte* block)
    {
        nuint offset = (nuint)(block - _heap.Base);
        if (_heap.IsChecking)
        {
            _finished.Add(FreedGroup.SingleBlock(offset));
            return;
        }
        int unit = (int)(offset >> SizeClasses.UnitShift);
        UnitInfo* record = _heap.Units + unit;
        if (record->Kind == UnitKind.Large)
        {
            VirtualMemory.Discard(block, (nuint)record->RunUnits << SizeClasses.UnitShift);
            _finished.Add(new FreedGroup { Unit = unit });
            return;
        }
        if (record->Kind == UnitKind.SlabTail)
            unit -= record->HeadDistance;
        ushort word = (ushort)((offset - ((nuint)unit << SizeClasses.UnitShift)) >> 2);
        ref FreedGroup group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, unit, out bool known)!;
        if (!known)
            group = new FreedGroup { Unit = unit, Head = UnitInfo.NoSlot, Tail = word };
        *(ushort*)block = group.Head;
        group.Head = word;
        group.Count++;
        if (_groups.Count >= MaxGroups)
            HandOver();
    }

    /// <summary>Hands over what was freed so far.</summary>
    public void HandOver()
    {
        _finished.AddRange(_groups.Values);
        _groups.Clear();
        if (_finished.Count > 0)
            _heap.BackgroundFrees.Push([.. _finished]);
        _finished.Clear();
    }

    /// <summary>Hands over the rest.</summary>
    public void Dispose() => HandOver();
}

/// <summary>A chain of dead slots of one slab, or one large block (count 0), or one block to check.</summary>
internal struct FreedGroup
{
    public int Unit;
    public int Count;
    public ushort Head;
    public ushort Tail;
    public nuint BlockOffset;

    public readonly bool IsSingleBlock => BlockOffset != 0;

    public static FreedGroup SingleBlock(nuint offset) => new() { BlockOffset = offset };
}

/// <summary>
/// Hands freed groups from any number of threads to the owner without a lock: producers push arrays
/// on a stack, the owner takes the whole stack at once, so no element is ever taken twice.
/// </summary>
internal sealed class BackgroundFreeQueue
{
    private Node? _pushed;
    private Node? _taken;
    private int _next;

    public void Push(FreedGroup[] groups)
    {
        Node node = new() { Groups = groups };
        do
        {
            node.Below = Volatile.Read(ref _pushed);
        }
        while (Interlocked.CompareExchange(ref _pushed, node, node.Below) != node.Below);
    }

    /// <summary>Takes one group; for the owner only.</summary>
    public bool TryTake(out FreedGroup group)
    {
        while (_taken is null || _next == _taken.Groups.Length)
        {
            _taken = _taken?.Below;
            _next = 0;
            if (_taken is not null)
                continue;
            if (Volatile.Read(ref _pushed) is null)
            {
                group = default;
                return false;
            }
            _taken = Interlocked.Exchange(ref _pushed, null);
        }
        group = _taken.Groups[_next++];
        return true;
    }

    private sealed class Node
    {
        public required FreedGroup[] Groups;
        public Node? Below;
    }
}
