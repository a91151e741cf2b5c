using Sigrun.Network;

namespace Sigrun.Observability;

/// <summary>What the threads that do input and output have done; read by INFO.</summary>
internal abstract class IoFigures
{
    /// <summary>Figures of an engine that has no event loop.</summary>
    public static IoFigures None { get; } = new Nothing();

    /// <summary>What tells event loops of sockets.</summary>
    public abstract string Multiplexing { get; }

    /// <summary>True while I/O threads besides the engine's own have connections, or may have.</summary>
    public abstract bool HasThreads { get; }

    /// <summary>True while an I/O thread besides the engine's own has something to do.</summary>
    public abstract bool AreThreadsActive { get; }

    /// <summary>Nanoseconds in which each I/O thread besides the engine's own did not wait for events.</summary>
    public abstract IReadOnlyList<long> ThreadsActiveNanoseconds { get; }

    /// <summary>What the engine's event loop has done.</summary>
    public abstract LoopTotals Own { get; }

    /// <summary>What the event loops of I/O threads have done, those that are no more included.</summary>
    public abstract LoopTotals Threaded { get; }

    /// <summary>Disposes of byte buffers that no thread has needed lately.</summary>
    public abstract void TrimPools();

    /// <summary>Nanoseconds in which the engine's thread did not wait for events.</summary>
    public abstract long ActiveNanoseconds { get; }

    private sealed class Nothing : IoFigures
    {
        public override string Multiplexing => "none";

        public override bool HasThreads => false;

        public override bool AreThreadsActive => false;

        public override IReadOnlyList<long> ThreadsActiveNanoseconds => [];

        public override LoopTotals Own => default;

        public override LoopTotals Threaded => default;

        public override long ActiveNanoseconds => 0;

        public override void TrimPools()
        {
        }
    }
}
