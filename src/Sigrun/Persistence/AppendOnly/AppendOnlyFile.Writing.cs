using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <content>Writing what was recorded to the file, and the file to the disk.</content>
internal sealed partial class AppendOnlyFile
{
    /// <summary>Whether a write should wait for the synchronisation that is under way.</summary>
    private bool Postpones()
    {
        if (_postponedSinceMs == 0)
        {
            _postponedSinceMs = _engine.NowMs;
            return true;
        }
        if (_engine.NowMs - _postponedSinceMs < PostponedMax) return true;
        DelayedFsyncs++;
        _engine.Log.Notice("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer "
            + "without waiting for fsync to complete, this may slow down the server.");
        return false;
    }

    private bool Write()
    {
        _postponedSinceMs = 0;
        int written = -1;
        FileSystemException? error = null;
        long begun = _engine.Latency.Begin();
        try
        {
            written = _file!.Append(_buffer.AsSpan(0, _length));
        }
        catch (FileSystemException fault)
        {
            error = fault;
        }
        EndLatency(begun);
        if (written != _length)
        {
            OnShortWrite(written, error);
            return false;
        }
        if (_writeError is not null)
        {
            _engine.Log.Notice("AOF write error looks solved. The server can write again.");
            _writeError = null;
        }
        CountWritten(written);
        _length = 0;
        if (_buffer.Length > KeptBufferMax) _buffer = new byte[BufferSize];
        return true;
    }

    private void EndLatency(long begun)
    {
        if (!_engine.Latency.IsOn) return;
        _engine.Latency.End(LatencyMonitor.AofWrite, begun);
        string circumstances = _fsync!.IsBusy ? LatencyMonitor.AofWritePendingFsync
            : _engine.Background.IsActive ? LatencyMonitor.AofWriteActiveChild : LatencyMonitor.AofWriteAlone;
        _engine.Latency.End(circumstances, begun);
    }

    /// <summary>What could not be written stays in the buffer, and writes are refused until it is.</summary>
    private void OnShortWrite(int written, FileSystemException? error)
    {
        bool mayLog = _engine.NowMs / 1000 - _errorLoggedSeconds > ErrorLogPeriodSeconds;
        if (mayLog) _errorLoggedSeconds = _engine.NowMs / 1000;
        if (error is not null)
        {
            if (mayLog) _engine.Log.Warning("Error writing to the AOF file: " + error.Message);
        }
        else
        {
            if (mayLog) _engine.Log.Warning($"Short write while writing to the AOF file: (nwritten={written}, expected={_length})");
            if (TryUndo(mayLog)) written = -1;
        }
        if (_settings.AppendFsync == AppendFsync.Always)
        {
            _engine.Log.Warning("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
            OnFatal();
        }
        _writeError = error ?? new FileSystemException(FileSystemException.NoSpace, "No space left on device");
        RefusesWrites = true;
        if (written <= 0) return;
        CountWritten(written);
        _buffer.AsSpan(written, _length - written).CopyTo(_buffer);
        _length -= written;
    }

    private bool TryUndo(bool mayLog)
    {
        try
        {
            _file!.Truncate(_lastFileSize);
            return true;
        }
        catch (FileSystemException fault)
        {
            if (mayLog)
            {
                _engine.Log.Warning("Could not remove short write from the append-only file. The server may refuse "
                    + "to load the AOF the next time it starts.  ftruncate: " + fault.Message);
            }
            return false;
        }
    }

    private void CountWritten(int bytes)
    {
        CurrentSize += bytes;
        _lastFileSize += bytes;
    }

    private void Synchronise(bool isBusy)
    {
        if (_syncedFileSize == _lastFileSize)
        {
            bool isSynced = !isBusy && _fsync!.Error is null && _length == 0;
            if (isSynced && _settings.AppendFsync != AppendFsync.No) DurableOffset = Offset;
            return;
        }
        if (_settings.NoAppendFsyncOnRewrite && _engine.Background.IsActive) return;
        switch (_settings.AppendFsync)
        {
            case AppendFsync.Always:
                SyncAlways();
                break;
            case AppendFsync.EverySecond when _engine.NowMs - _lastFsyncMs >= 1000:
                if (!isBusy)
                {
                    _syncedFileSize = _lastFileSize;
                    _fsync!.Begin(_file!, Offset - _length);
                }
                _lastFsyncMs = _engine.NowMs;
                break;
        }
    }

    private void SyncAlways()
    {
        long begun = _engine.Latency.Begin();
        try
        {
            _file!.Sync();
        }
        catch (FileSystemException fault)
        {
            _engine.Log.Warning($"Can't persist AOF for fsync error when the AOF fsync policy is 'always': {fault.Message}. Exiting...");
            OnFatal();
            return;
        }
        _engine.Latency.End(LatencyMonitor.AofFsyncAlways, begun);
        _syncedFileSize = _lastFileSize;
        _lastFsyncMs = _engine.NowMs;
        DurableOffset = Offset;
    }

    private void SyncNow(string failure, string end)
    {
        _fsync!.Drain();
        try
        {
            _file!.Sync();
            if (_length == 0) DurableOffset = Offset;
        }
        catch (FileSystemException fault)
        {
            _engine.Log.Warning(failure + fault.Message + end);
        }
    }
}
