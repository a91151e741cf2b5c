using Sigrun.Clients;
using Sigrun.Keyspace;

namespace Sigrun.Observability;

/// <summary>Where memory goes, in bytes.</summary>
/// <param name="Used">Everything that is accounted: what the process started with, stored data, clients.</param>
/// <param name="Overhead">What of it is not keys and values: start, tables, clients.</param>
/// <param name="Clients">What of it the clients take.</param>
internal readonly record struct MemoryFigures(long Used, long Overhead, long Clients)
{
    /// <summary>Reads the figures of an engine.</summary>
    public static MemoryFigures Read(Engine engine)
    {
        long clients = 0;
        foreach (ClientSession client in engine.Clients.All) clients += client.MemoryBytes;
        long tables = 0;
        foreach (Database database in engine.Databases) tables += database.Keys.UsedBytes;
        long channels = engine.PubSub.MemoryBytes;
        long used = engine.StartupMemory + engine.Heap.UsedBytes + clients + channels;
        return new MemoryFigures(used, engine.StartupMemory + tables + clients + channels, clients);
    }
}
