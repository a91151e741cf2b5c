using System.Collections.Concurrent;
using Sigrun.Storage.Snapshots;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Tracking;

namespace Sigrun.Storage;

/// <summary>
/// Frees large things on a thread of its own: flushed databases, big values. The blocks come back to the
/// heap in groups, so that its owner's share of the work is small.
/// </summary>
public sealed unsafe class LazyFree : IDisposable
{
    /// <summary>Values from this size on are worth another thread: giving their pages back takes long.</summary>
    private const int BackgroundBytesMin = 256 * 1024;

    /// <summary>And so are structures of more blocks than this.</summary>
    private const long BackgroundBlocksMin = 64;

    private readonly Heap _heap;
    private readonly BackgroundThreads _threads;
    private BlockingCollection<Item>? _items;
    private Thread? _thread;
    private long _pending;
    private long _freed;
    private long _awaitedBytes;
    private long _adoptedBytes;
    private SnapshotWalk? _adopter;

    /// <summary>Creates the queue; the thread starts with the first thing to free.</summary>
    /// <param name="heap">The memory.</param>
    /// <param name="threads">Starts the thread; null for one that nobody looks after.</param>
    public LazyFree(Heap heap, BackgroundThreads? threads = null)
    {
        _heap = heap;
        _threads = threads ?? new BackgroundThreads();
    }

    /// <summary>The processors that the thread may use; null for those of the thread that starts it.</summary>
    public string? Processors { get; set; }

    private readonly record struct Item(RetiredKeys? Keys, RetiredParts? Parts, nint Entry, long Count, long AwaitedBytes = 0, RetiredKeyClients? Clients = null);

    /// <summary>Keys that wait to be freed.</summary>
    public long Pending => Interlocked.Read(ref _pending);

    /// <summary>Keys freed in the background so far.</summary>
    public long Freed => Interlocked.Read(ref _freed);

    /// <summary>Bytes that count as used and yet need not be freed by anybody else: they come back by themselves.</summary>
    /// <remarks>Of what a snapshot still copies all counts until the snapshot is over.</remarks>
    public long AwaitedBytes
    {
        get
        {
            if (_heap.Walk != _adopter) ForgetAdopted();
            return Interlocked.Read(ref _awaitedBytes) + _adoptedBytes;
        }
    }

    /// <summary>Frees all keys that a table held.</summary>
    public void Free(RetiredKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.TryLeaveToSnapshot()) return;
        Enqueue(new Item(keys, null, 0, keys.Count));
    }

    /// <summary>Frees an entry that was detached: here when it is small, on the thread when it is large.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="bytes">What it takes, where somebody waits for that memory.</param>
    public void Free(EntryRef entry, long bytes = 0)
    {
        if (TryLeaveToSnapshot(entry, bytes)) return;
        bool isLarge = entry.BigValue is { IsNull: false, Length: >= BackgroundBytesMin } || entry.FreeEffort() > BackgroundBlocksMin;
        if (isLarge) Enqueue(new Item(null, null, (nint)entry.Block, 1, bytes));
        else KeyEntry.Free(_heap, entry.Block);
    }

    /// <summary>Frees an entry that was detached here, however large it is.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="bytes">What it takes, where somebody waits for that memory.</param>
    public void FreeHere(EntryRef entry, long bytes)
    {
        if (!TryLeaveToSnapshot(entry, bytes)) KeyEntry.Free(_heap, entry.Block);
    }

    /// <summary>Frees what is known of keys in clients' caches; counted like keys.</summary>
    public void Free(RetiredKeyClients clients)
    {
        ArgumentNullException.ThrowIfNull(clients);
        Enqueue(new Item(null, null, 0, clients.Count, Clients: clients));
    }

    /// <summary>Frees what was removed from a value; these are no keys, and not counted.</summary>
    internal void Free(RetiredParts parts) => Enqueue(new Item(null, parts, 0, 0));

    /// <summary>Gives memory of byte buffers that were disposed of back to the system, on the thread.</summary>
    public void TrimBuffers() => Enqueue(new Item(null, null, 0, 0));

    /// <summary>Sets the count of freed keys to zero.</summary>
    public void ResetFreed() => Interlocked.Exchange(ref _freed, 0);

    /// <summary>Finishes what was queued and ends the thread.</summary>
    public void Dispose()
    {
        _items?.CompleteAdding();
        _thread?.Join();
        _items?.Dispose();
    }

    private bool TryLeaveToSnapshot(EntryRef entry, long bytes)
    {
        if (_heap.Walk is not { } walk || !walk.TryAdopt(entry.Block)) return false;
        if (walk != _adopter) ForgetAdopted();
        _adopter = walk;
        _adoptedBytes += bytes;
        return true;
    }

    private void ForgetAdopted()
    {
        _adopter = null;
        _adoptedBytes = 0;
    }

    private void Enqueue(Item item)
    {
        Interlocked.Add(ref _pending, item.Count);
        Interlocked.Add(ref _awaitedBytes, item.AwaitedBytes);
        _items ??= [];
        _thread ??= _threads.Start("lazy-free", Run);
        _items.Add(item);
    }

    private void Run()
    {
        CpuList.Bind(Processors);
        BackgroundPriority.Take();
        foreach (Item item in _items!.GetConsumingEnumerable())
        {
            if (item.Keys is { } keys) keys.FreeBlocks();
            else if (item.Clients is { } clients) clients.FreeBlocks();
            else if (item.Parts is { } parts) parts.FreeBlocks();
            else if (item.Entry != 0) FreeEntry((byte*)item.Entry);
            else VirtualMemory.TrimSystemAllocator();
            // In this order, so that whoever sees nothing pending also sees all that was freed.
            Interlocked.Add(ref _freed, item.Count);
            Interlocked.Add(ref _awaitedBytes, -item.AwaitedBytes);
            Interlocked.Add(ref _pending, -item.Count);
        }
    }

    private void FreeEntry(byte* entry)
    {
        using var batch = new BackgroundFreeBatch(_heap);
        KeyEntry.Free(new BackgroundFreer(batch), entry);
    }
}
