using Sigrun.Network;

namespace Sigrun.Observability;

/// <summary>What threads have done since the start, so that it can be told since some later moment.</summary>
/// <param name="Own">The engine's event loop.</param>
/// <param name="Threaded">Those of I/O threads.</param>
/// <param name="ActiveNanoseconds">How long the engine's thread did not wait for events.</param>
/// <param name="PrefetchedGroups">Groups of commands whose keys were loaded ahead.</param>
/// <param name="PrefetchedKeys">Keys that were.</param>
internal readonly record struct IoTotals(LoopTotals Own, LoopTotals Threaded, long ActiveNanoseconds, long PrefetchedGroups, long PrefetchedKeys)
{
    /// <summary>All event loops.</summary>
    public LoopTotals All => Own + Threaded;

    /// <summary>Reads the totals of an engine.</summary>
    public static IoTotals Read(Engine engine) => new(
        engine.Io.Own, engine.Io.Threaded, engine.Io.ActiveNanoseconds, engine.Executor.PrefetchedGroups, engine.Executor.PrefetchedKeys);

    /// <summary>What came after <paramref name="before"/>.</summary>
    public IoTotals Since(in IoTotals before) => new(
        Own - before.Own, Threaded - before.Threaded, ActiveNanoseconds - before.ActiveNanoseconds,
        PrefetchedGroups - before.PrefetchedGroups, PrefetchedKeys - before.PrefetchedKeys);
}
