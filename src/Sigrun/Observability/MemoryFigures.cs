using Sigrun.Clients;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Observability;

/// <summary>Where memory goes, in bytes.</summary>
internal readonly record struct MemoryFigures
{
    /// <summary>Everything that is accounted: what the process started with, stored data, clients.</summary>
    public long Used { get; private init; }

    /// <summary>The most that was in use at once.</summary>
    public long Peak { get; private init; }

    /// <summary>What the process started with.</summary>
    public long Startup { get; private init; }

    /// <summary>What is not keys and values: start, tables, clients.</summary>
    public long Overhead { get; private init; }

    /// <summary>What the clients take.</summary>
    public long Clients { get; private init; }

    /// <summary>What the append-only file holds that is not written yet; maxmemory leaves it out.</summary>
    public long AofBuffer { get; private init; }

    /// <summary>Keys in all databases.</summary>
    public long Keys { get; private init; }

    /// <summary>What the heap has handed out.</summary>
    public long Allocated { get; private init; }

    /// <summary>The same with the free slots of its slabs.</summary>
    public long Active { get; private init; }

    /// <summary>The same with free pages that were not given back to the system.</summary>
    public long Resident { get; private init; }

    /// <summary>Free pages that were not given back to the system.</summary>
    public long Muzzy { get; private init; }

    /// <summary>What the process has in memory, by the system's account.</summary>
    public long Process { get; private init; }

    /// <summary>Keys and values.</summary>
    public long Dataset => Used - Overhead;

    /// <summary>Their share of what was not there at the start, in percent.</summary>
    public double DatasetPercent => Dataset * 100.0 / (Used > Startup ? Used - Startup : 1);

    /// <summary>What is used of the most that ever was, in percent.</summary>
    public double PeakPercent => Used * 100.0 / Peak;

    /// <summary>The mean of keys and values.</summary>
    public long BytesPerKey => Keys == 0 ? 0 : Dataset / Keys;

    /// <summary>How much more the slabs take than their live blocks.</summary>
    public double SlabRatio => Ratio(Active, Allocated);

    /// <summary>How much more the heap keeps in memory than its slabs and large blocks.</summary>
    public double ResidentRatio => Ratio(Resident, Active);

    /// <summary>How much more the process has in memory than the heap.</summary>
    public double ProcessRatio => Ratio(Process, Resident);

    /// <summary>How much more the process has in memory than is used.</summary>
    public double TotalRatio => Ratio(Process, Used);

    /// <summary>Bytes in use.</summary>
    public static long UsedBytes(Engine engine) => UsedBytes(engine, ClientBytes(engine));

    /// <summary>Bytes in use, as far as clients were counted lately.</summary>
    public static long EstimateUsedBytes(Engine engine) => UsedBytes(engine, engine.ClientMemory.Total);

    private static long UsedBytes(Engine engine, long clientBytes) =>
        engine.StartupMemory + engine.Heap.UsedBytes + clientBytes + engine.PubSub.MemoryBytes + AofBufferOf(engine);

    /// <summary>Reads the figures of an engine.</summary>
    public static MemoryFigures Read(Engine engine)
    {
        Heap heap = engine.Heap;
        long clients = ClientBytes(engine);
        long aofBuffer = AofBufferOf(engine);
        long tables = 0;
        long keys = 0;
        foreach (Database database in engine.Databases)
        {
            tables += database.Keys.UsedBytes;
            keys += database.Keys.Count;
        }
        long others = engine.StartupMemory + clients + engine.PubSub.MemoryBytes + aofBuffer;
        long used = others + heap.UsedBytes;
        return new MemoryFigures
        {
            Used = used,
            Peak = Math.Max(used, engine.Statistics.PeakMemory),
            Startup = engine.StartupMemory,
            Overhead = others + tables,
            Clients = clients,
            AofBuffer = aofBuffer,
            Keys = keys,
            Allocated = heap.UsedBytes,
            Active = heap.UsedBytes + heap.FreeBytesInSlabs,
            Resident = heap.CommittedBytes,
            Muzzy = heap.FreeBytesInRuns,
            Process = Environment.WorkingSet,
        };
    }

    private static long ClientBytes(Engine engine)
    {
        long bytes = 0;
        foreach (ClientSession client in engine.Clients.All) bytes += client.MemoryBytes;
        return bytes;
    }

    private static long AofBufferOf(Engine engine) => engine.AppendOnlyFile is { IsOn: true } file ? file.BufferCapacity : 0;

    private static double Ratio(long part, long whole) => whole == 0 ? 1 : (double)part / whole;
}
