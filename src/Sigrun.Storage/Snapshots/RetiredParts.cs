using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Snapshots;

/// <summary>Parts of a value that were removed while a snapshot copied it: unreachable for commands, to be freed by one thread.</summary>
internal sealed unsafe class RetiredParts(Heap heap)
{
    private readonly List<nint> _blocks = [];
    private readonly List<nint> _groups = [];
    private readonly List<nint> _consumers = [];

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _blocks.Count + _groups.Count + _consumers.Count == 0;

    /// <summary>Adds a single block.</summary>
    public void Add(byte* block) => _blocks.Add((nint)block);

    /// <summary>Adds a group of a stream with all that belongs to it.</summary>
    public void Add(GroupBlock* group) => _groups.Add((nint)group);

    /// <summary>Adds a consumer of a group with its index, but not what that leads to.</summary>
    public void Add(ConsumerBlock* consumer) => _consumers.Add((nint)consumer);

    /// <summary>Frees everything, from any one thread.</summary>
    public void FreeBlocks()
    {
        using BackgroundFreeBatch batch = new(heap);
        BackgroundFreer freer = new(batch);
        foreach (nint block in _blocks) freer.Free((byte*)block);
        foreach (nint group in _groups) StreamGroupTable.FreeGroup(freer, (GroupBlock*)group);
        foreach (nint consumer in _consumers) StreamGroupTable.FreeConsumer(freer, (ConsumerBlock*)consumer);
    }
}
