using Sigrun.Storage;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>Synchronises the append-only file on a thread of its own: a disk may take its time.</summary>
/// <remarks>One job at a time. The owner's thread asks and waits; only the file's <see cref="IWritableFile.Sync"/> runs elsewhere.</remarks>
internal sealed class FsyncThread : IDisposable
{
    private readonly object _gate = new();
    private readonly Thread _thread;
    private IWritableFile? _file;
    private bool _closes;
    private long _offset;
    private long _syncedOffset;
    private bool _stopping;
    private bool _hasEnded;
    private FileSystemException? _error;

    /// <summary>Starts the thread, which sleeps until there is work.</summary>
    /// <param name="threads">Starts it.</param>
    /// <param name="processors">The processors that it may use; null for all.</param>
    public FsyncThread(BackgroundThreads threads, string? processors = null) => _thread = threads.Start("aof-fsync", () => Run(processors));

    /// <summary>Called on the thread after each job.</summary>
    public Action? Finished { get; set; }

    /// <summary>True from <see cref="Begin"/> until the job is done.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate) return _file is not null;
        }
    }

    /// <summary>The offset that was given with the last job that succeeded.</summary>
    public long SyncedOffset => Volatile.Read(ref _syncedOffset);

    /// <summary>Why the last job failed; null when it did not.</summary>
    public FileSystemException? Error => Volatile.Read(ref _error);

    /// <summary>Starts a job; there must be none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">What <see cref="SyncedOffset"/> is to be afterwards.</param>
    /// <param name="closes">Whether nothing more will be written, so that it is closed then.</param>
    public void Begin(IWritableFile file, long offset, bool closes = false)
    {
        lock (_gate)
        {
            _file = file;
            _closes = closes;
            _offset = offset;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Returns when no job is under way, or the thread has failed.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            while (_file is not null && !_hasEnded) Monitor.Wait(_gate);
        }
    }

    /// <summary>Forgets a failure: another file is synchronised from now on, or the owner has synchronised itself.</summary>
    public void ForgetError() => Volatile.Write(ref _error, null);

    /// <summary>Ends the thread after the job under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
        _thread.Join();
    }

    private void Run(string? processors)
    {
        CpuList.Bind(processors);
        try
        {
            Work();
        }
        finally
        {
            lock (_gate)
            {
                // Should the thread fail, nobody is to wait for it.
                _hasEnded = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Work()
    {
        while (Take() is { } file)
        {
            try
            {
                file.Sync();
                Volatile.Write(ref _syncedOffset, _offset);
                Volatile.Write(ref _error, null);
            }
            catch (FileSystemException error)
            {
                Volatile.Write(ref _error, error);
            }
            if (_closes) file.Dispose();
            lock (_gate)
            {
                _file = null;
                Monitor.PulseAll(_gate);
            }
            Finished?.Invoke();
        }
    }

    private IWritableFile? Take()
    {
        lock (_gate)
        {
            while (_file is null && !_stopping) Monitor.Wait(_gate);
            return _file;
        }
    }
}
