namespace Sigrun.Observability;

/// <summary>What threads have done since the start, so that it can be told since some later moment.</summary>
internal readonly record struct IoTotals(
    long Turns, long ActiveNanoseconds, long Reads, long Writes, long ThreadedReads, long ThreadedWrites, long ThreadedTurns,
    long PrefetchedGroups, long PrefetchedKeys)
{
    /// <summary>Reads the totals of an engine.</summary>
    public static IoTotals Read(Engine engine) => new(
        engine.Io.Turns, engine.Io.ActiveNanoseconds, engine.Io.Reads, engine.Io.Writes, engine.Io.ThreadedReads, engine.Io.ThreadedWrites,
        engine.Io.ThreadedTurns, engine.Executor.PrefetchedGroups, engine.Executor.PrefetchedKeys);

    /// <summary>What came after <paramref name="before"/>.</summary>
    public IoTotals Since(in IoTotals before) => new(
        Turns - before.Turns, ActiveNanoseconds - before.ActiveNanoseconds, Reads - before.Reads, Writes - before.Writes,
        ThreadedReads - before.ThreadedReads, ThreadedWrites - before.ThreadedWrites, ThreadedTurns - before.ThreadedTurns,
        PrefetchedGroups - before.PrefetchedGroups, PrefetchedKeys - before.PrefetchedKeys);
}
