using Sigrun.Storage;

namespace Sigrun.Security;

/// <summary>Looks on a thread of its own whether the files of TLS have changed, and reads them if so.</summary>
internal sealed class TlsReload
{
    private readonly TlsSource _source;
    private readonly Thread _thread;

    /// <summary>Starts.</summary>
    /// <param name="source">The files.</param>
    /// <param name="before">What they looked like when they were read last.</param>
    /// <param name="threads">Starts the thread.</param>
    /// <param name="processors">The processors that it may use; null for those of the thread that starts it.</param>
    public TlsReload(TlsSource source, TlsFileState before, BackgroundThreads threads, string? processors)
    {
        _source = source;
        Before = before;
        _thread = threads.Start("tls-reload", () => Run(processors));
    }

    /// <summary>What the files looked like when they were read last.</summary>
    public TlsFileState Before { get; }

    /// <summary>True when all is decided; the rest may be asked for only then.</summary>
    public bool IsDone => !_thread.IsAlive;

    /// <summary>True when the files have changed.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>What they say now; null when they have not changed or cannot be used.</summary>
    public TlsMaterials? Materials { get; private set; }

    /// <summary>Why they cannot be used.</summary>
    public string Error { get; private set; } = "";

    /// <summary>What is wrong with single files.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Waits for the end.</summary>
    public void Wait() => _thread.Join();

    private void Run(string? processors)
    {
        CpuList.Bind(processors);
        TlsFileState now = TlsFileState.Look(_source, Complaints);
        HasChanged = now != Before;
        if (!HasChanged) return;
        Materials = TlsMaterials.TryRead(_source, now, out string error);
        Error = error;
    }
}
