using System.Globalization;

namespace Sigrun.Storage;

/// <summary>A live block, as checking mode reports it.</summary>
/// <param name="Offset">Its place in the heap's range.</param>
/// <param name="Size">The size that was asked for.</param>
/// <param name="Number">The how-many-th allocation it was: the same in every replay of a test.</param>
public readonly record struct HeapBlock(long Offset, long Size, long Number);

/// <summary>
/// The heap's checking mode: finds double frees, frees of what is no block, writes behind a block's
/// end, writes after its end of life, and leaks.
/// </summary>
/// <remarks>
/// Each block is allocated with a strip of known bytes behind its usable size, checked when it is
/// freed; new blocks are filled with 0xCD. A freed block is filled with 0xDD and held in a queue;
/// when it leaves the queue it must still be 0xDD from end to end. All of it lives outside the
/// blocks, so a wild write cannot hide itself. Accounting is that of the unchecked heap.
/// </remarks>
internal sealed unsafe class HeapChecker
{
    private const byte Fresh = 0xCD, Poison = 0xDD, Canary = 0xCA;
    private const int StripBytes = 16, AlignedStripBytes = 64;

    private readonly Heap _heap;
    private readonly long _quarantineLimit;
    private readonly Dictionary<nuint, HeapBlock> _live = [];
    private readonly Dictionary<nuint, HeapBlock> _quarantined = [];
    private readonly Queue<nuint> _quarantine = new();
    private long _quarantineBytes;
    private long _allocations;

    public HeapChecker(Heap heap, long quarantineBytes)
    {
        _heap = heap;
        _quarantineLimit = quarantineBytes;
    }

    public long UsedBytes { get; private set; }

    public byte* Allocate(nuint size)
    {
        nuint usable = SizeClasses.Rounded(size);
        byte* block = AllocateOrDrain(usable + Strip(usable));
        new Span<byte>(block, (int)Math.Min(usable, int.MaxValue)).Fill(Fresh);
        new Span<byte>(block + usable, (int)Strip(usable)).Fill(Canary);
        _live.Add((nuint)block, new HeapBlock(block - _heap.Base, (long)size, ++_allocations));
        UsedBytes += (long)usable;
        return block;
    }

    public void Free(byte* block)
    {
        if (!_live.Remove((nuint)block, out HeapBlock info))
        {
            throw new HeapCorruptionException(_quarantined.TryGetValue((nuint)block, out HeapBlock dead)
                ? $"Double free of {Describe(dead)}."
                : string.Create(CultureInfo.InvariantCulture, $"Free of an address that is no live block: offset {block - _heap.Base}."));
        }
        nuint usable = SizeClasses.Rounded((nuint)info.Size);
        if (new ReadOnlySpan<byte>(block + usable, (int)Strip(usable)).ContainsAnyExcept(Canary))
            throw new HeapCorruptionException($"A write behind the end of {Describe(info)}.");
        UsedBytes -= (long)usable;
        nuint whole = usable + Strip(usable);
        new Span<byte>(block, (int)Math.Min(whole, int.MaxValue)).Fill(Poison);
        _quarantined.Add((nuint)block, info);
        _quarantine.Enqueue((nuint)block);
        _quarantineBytes += (long)whole;
        while (_quarantineBytes > _quarantineLimit)
            ReleaseOldest();
    }

    public nuint UsableSize(byte* block) =>
        _live.TryGetValue((nuint)block, out HeapBlock info)
            ? SizeClasses.Rounded((nuint)info.Size)
            : throw new HeapCorruptionException("The size of an address that is no live block was asked for.");

    public IReadOnlyList<HeapBlock> LiveBlocks()
    {
        List<HeapBlock> blocks = [.. _live.Values];
        blocks.Sort((left, right) => left.Number.CompareTo(right.Number));
        return blocks;
    }

    public void DrainQuarantine()
    {
        while (_quarantine.Count > 0)
            ReleaseOldest();
    }

    /// <summary>Gives up what is held back and watched; false when that is nothing.</summary>
    public bool TryDrainQuarantine()
    {
        if (_quarantine.Count == 0)
            return false;
        DrainQuarantine();
        return true;
    }

    public string Describe()
    {
        IReadOnlyList<HeapBlock> blocks = LiveBlocks();
        return blocks.Count == 0 ? "" : $"{blocks.Count} blocks, the first {Describe(blocks[0])}.";
    }

    private byte* AllocateOrDrain(nuint size)
    {
        try
        {
            return _heap.AllocateBlock(size);
        }
        catch (HeapExhaustedException) when (_quarantine.Count > 0)
        {
            DrainQuarantine();
            return _heap.AllocateBlock(size);
        }
    }

    private void ReleaseOldest()
    {
        byte* block = (byte*)_quarantine.Dequeue();
        _quarantined.Remove((nuint)block, out HeapBlock info);
        nuint usable = SizeClasses.Rounded((nuint)info.Size);
        nuint whole = usable + Strip(usable);
        _quarantineBytes -= (long)whole;
        if (new ReadOnlySpan<byte>(block, (int)Math.Min(whole, int.MaxValue)).ContainsAnyExcept(Poison))
            throw new HeapCorruptionException($"A write after the end of life of {Describe(info)}.");
        _heap.FreeBlock(block);
    }

    // A strip of 64 keeps blocks that must be cache-line aligned in aligned classes.
    private static nuint Strip(nuint usable) => usable % 64 == 0 ? AlignedStripBytes : (nuint)StripBytes;

    private static string Describe(HeapBlock block) =>
        string.Create(CultureInfo.InvariantCulture, $"block {block.Number} ({block.Size} bytes at offset {block.Offset})");
}
