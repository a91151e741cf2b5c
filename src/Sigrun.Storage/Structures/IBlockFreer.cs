namespace Sigrun.Storage.Structures;

/// <summary>Where the blocks of a value go that ends: back to the heap at once, or onto a background thread's batch.</summary>
public unsafe interface IBlockFreer
{
    /// <summary>The heap of the blocks.</summary>
    Heap Heap { get; }

    /// <summary>Ends a block.</summary>
    void Free(byte* block);
}

/// <summary>Frees on the heap's owner thread.</summary>
public readonly unsafe struct OwnerFreer(Heap heap) : IBlockFreer
{
    /// <inheritdoc/>
    public Heap Heap => heap;

    /// <inheritdoc/>
    public void Free(byte* block) => heap.Free(block);
}

/// <summary>Frees on any other thread, through a batch.</summary>
public readonly unsafe struct BackgroundFreer(BackgroundFreeBatch batch) : IBlockFreer
{
    /// <inheritdoc/>
    public Heap Heap => batch.Heap;

    /// <inheritdoc/>
    public void Free(byte* block) => batch.Free(block);
}
