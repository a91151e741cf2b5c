using Sigrun.Configuration;
using Sigrun.Keyspace;
using Sigrun.Storage.Files;
using NumberText = Sigrun.Storage.NumberText;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>The append-only file: every change is on record before anybody is told of it.</summary>
/// <remarks>
/// <para>
/// Effects are collected in a buffer that is written at the end of each turn of the event loop, before replies leave.
/// With <c>always</c> that write is followed by one synchronisation for all clients of the turn; with <c>everysec</c> a
/// thread of its own synchronises, and a write waits up to two seconds for a synchronisation under way, since the system
/// would make it wait anyway.
/// </para>
/// <para>Belongs to the engine's thread. Appending allocates only while the buffer grows to what a turn needs.</para>
/// </remarks>
internal sealed partial class AppendOnlyFile : IEffectReader, IDisposable
{
    private const int BufferSize = 1 << 18;
    private const int KeptBufferMax = 4 << 20;
    private const int ErrorLogPeriodSeconds = 30;
    private const long PostponedMax = 2000;

    private readonly Engine _engine;
    private readonly PersistenceSettings _settings;
    private readonly AofIncrements _increments;
    private FsyncThread? _fsync;
    private IWritableFile? _file;
    private byte[] _buffer = [];
    private int _length;
    private int _selectedDatabase = -1;
    private long _timestamp;
    private long _lastFileSize;
    private long _syncedFileSize;
    private long _lastFsyncMs;
    private long _postponedSinceMs;
    private long _errorLoggedSeconds;
    private FileSystemException? _writeError;
    private RequestedDelay _delay;

    /// <summary>An append-only file that is switched off.</summary>
    public AppendOnlyFile(Engine engine)
    {
        _engine = engine;
        _settings = engine.Settings.Persistence;
        Directory = new AofDirectory(engine.Files, _settings, engine.Log);
        _increments = new AofIncrements(engine, Directory);
        Rewrite = new AofRewrite(engine, this);
    }

    /// <summary>The directory with the parts of the file.</summary>
    public AofDirectory Directory { get; }

    /// <summary>Called when a change that was promised cannot be kept: ends the process.</summary>
    public Action OnFatal { get; set; } = static () => throw EngineFailureException.Panic("the append-only file cannot be written");

    /// <summary>Rewrites it.</summary>
    public AofRewrite Rewrite { get; }

    /// <summary>True while changes are recorded.</summary>
    public bool IsOn => _file is not null;

    /// <summary>True while what is recorded, if anything is yet, does not count since there is no base to it.</summary>
    public bool IsWaitingForBase { get; private set; }

    /// <summary>Whether changes are, or soon will be, on record.</summary>
    public bool IsEnabled => IsOn || IsWaitingForBase;

    /// <summary>Bytes of all parts.</summary>
    public long CurrentSize { get; set; }

    /// <summary>Bytes after the last rewrite.</summary>
    public long BaseSize { get; set; }

    /// <summary>Bytes that wait to be written.</summary>
    public int BufferLength => _length;

    /// <summary>Bytes of memory that the buffer takes.</summary>
    public long BufferCapacity => _buffer.Length;

    /// <summary>Pause before each write in microseconds, for tests.</summary>
    public int WriteDelayMicros { get; set; }

    /// <summary>Times a write did not wait any longer for a synchronisation.</summary>
    public long DelayedFsyncs { get; set; }

    /// <summary>1 while a synchronisation is under way on its thread.</summary>
    public int PendingFsyncs => _fsync is { IsBusy: true } ? 1 : 0;

    /// <summary>Bytes recorded so far: the offset of the newest change.</summary>
    public long Offset { get; private set; }

    /// <summary>The offset up to which everything is on the disk; −1 while there is no base to it.</summary>
    public long DurableOffset
    {
        get => IsWaitingForBase ? -1 : field;
        private set;
    }

    /// <summary>Whether the last write and the last synchronisation succeeded.</summary>
    public bool IsHealthy => Failure is null;

    /// <summary>True while commands that write are refused, since the file cannot be written.</summary>
    public bool RefusesWrites
    {
        get;
        private set
        {
            if (field == value) return;
            field = value;
            _engine.UpdateGate();
        }
    }

    /// <summary>The error reply to commands that write while the file cannot be written.</summary>
    public string RefusalText => "MISCONF Errors writing to the AOF file: " + Failure?.Message;

    private FileSystemException? Failure => _writeError ?? _fsync?.Error;

    /// <summary>Loads what is recorded and goes on recording. False, with the reason in the log, when that is impossible.</summary>
    /// <param name="onProgress">Called now and then while it is loaded; false gives up.</param>
    /// <param name="isStopped">Whether it was given up.</param>
    public bool Start(Func<bool>? onProgress, out bool isStopped)
    {
        isStopped = false;
        if (!Directory.Read()) return false;
        if (_settings.AppendOnly)
        {
            long start = _engine.ReadClock();
            AofLoadResult result = new AofLoader(_engine, this, onProgress).LoadAll();
            _engine.Statistics.Reset(_engine);
            isStopped = result == AofLoadResult.Abandoned;
            if (isStopped) return false;
            if (result is AofLoadResult.Failed or AofLoadResult.OpenError) return false;
            if (result != AofLoadResult.NotExisting)
                _engine.Log.Notice($"DB loaded from append only file: {AofLoader.Seconds(_engine.ReadClock() - start)} seconds");
            if (_increments.OpenLast(out long size) is not { } file) return false;
            BeginRecording(file, size);
        }
        return Directory.DeleteHistory();
    }

    /// <summary>
    /// Begins to record while the server runs, as soon as a base of the data is being written, and counts when that is
    /// done. False, with the reason in the log, when that is impossible.
    /// </summary>
    public bool TurnOn()
    {
        IsWaitingForBase = true;
        if (_engine.Background.IsActive && !Rewrite.IsActive)
        {
            _engine.Log.Notice("AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.");
            Rewrite.Schedule();
        }
        else if (_engine.Executor.IsInTransaction)
        {
            _engine.Log.Notice("AOF was enabled during a transaction. An AOF background was scheduled to start when possible.");
            Rewrite.Schedule();
        }
        else if (!TryStartFirstBase())
        {
            IsWaitingForBase = false;
            _engine.Log.Warning("The server needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error.");
            return false;
        }
        ForgetErrors();
        return true;
    }

    /// <summary>Ends recording; what was recorded is on the disk when this returns.</summary>
    public void TurnOff()
    {
        bool wasWaiting = IsWaitingForBase;
        IsWaitingForBase = false;
        Rewrite.Abort();
        if (_file is null) return;
        Flush(isForced: true);
        SyncNow("Fail to fsync the AOF file: ", "");
        EndRecording();
        if (wasWaiting) _increments.DeleteTemporary();
    }

    /// <summary>
    /// Goes on in a new increment, with which a base begins that is about to be written. False, with the reason in the
    /// log, when that is impossible.
    /// </summary>
    public bool TryBeginIncrement()
    {
        _engine.Effects.EndUnit();
        Flush(isForced: true);
        if (_length > 0) return false;
        if (!IsEnabled) return true;
        if ((IsWaitingForBase ? _increments.CreateTemporary() : _increments.CreateNext()) is not { } file) return false;
        GoOnIn(file);
        return true;
    }

    /// <summary>A new base is in force: what was recorded since it began counts.</summary>
    /// <param name="baseBytes">Its size.</param>
    public void OnRewritten(long baseBytes)
    {
        IsWaitingForBase = false;
        if (IsOn) CurrentSize = BaseSize = baseBytes + _lastFileSize;
    }

    /// <summary>Gives up what was recorded behind a base that could not be written: another one is tried.</summary>
    public void DropIncrement()
    {
        if (_file is null) return;
        _length = 0;
        EndRecording();
        _increments.DeleteTemporary();
    }

    /// <summary>Puts everything on the disk because the process ends; recording goes on until it does.</summary>
    public void SyncAtEnd()
    {
        if (_file is null) return;
        _engine.Log.Notice("Calling fsync() on the AOF file.");
        _engine.Effects.EndUnit();
        Flush(isForced: true);
        SyncNow("Fail to fsync the AOF file: ", ".");
    }

    /// <summary>Empties the data set and loads what is recorded.</summary>
    public AofLoadResult Reload()
    {
        _engine.Effects.EndUnit();
        Flush(isForced: true);
        foreach (Database database in _engine.Databases) database.Flush(inBackground: false);
        if (IsOn) _engine.Effects.Remove(this);
        AofLoadResult result = Directory.Read() && Directory.DeleteHistory() ? new AofLoader(_engine, this).LoadAll() : AofLoadResult.Failed;
        if (IsOn) _engine.Effects.Add(this);
        return result;
    }

    /// <inheritdoc/>
    public void OnUnitStart()
    {
        NoteTime();
        Append("*1\r\n$5\r\nMULTI\r\n"u8);
    }

    /// <inheritdoc/>
    public void OnUnitEnd()
    {
        NoteTime();
        Append("*1\r\n$4\r\nEXEC\r\n"u8);
    }

    /// <inheritdoc/>
    public void OnEffect(int database, in EffectArguments arguments)
    {
        NoteTime();
        if (database != _selectedDatabase) Select(database);
        Append(arguments.Encoded);
    }

    /// <summary>
    /// Writes what was recorded and has it synchronised as the settings say. Called at the end of each turn, before
    /// replies leave.
    /// </summary>
    /// <param name="isForced">Whether to write even while a synchronisation is under way.</param>
    public void Flush(bool isForced)
    {
        if (_file is null) return;
        bool isBusy = _settings.AppendFsync == AppendFsync.EverySecond && _fsync!.IsBusy;
        if (_length > 0)
        {
            if (isBusy && !isForced && Postpones()) return;
            _delay.Wait(WriteDelayMicros);
            if (!Write()) return;
        }
        Synchronise(isBusy);
        NoteSynced();
        RefusesWrites = Failure is not null;
    }

    private void NoteSynced()
    {
        long synced = _fsync!.SyncedOffset;
        if (synced > DurableOffset) DurableOffset = synced;
    }

    /// <summary>Ends the thread and closes the file.</summary>
    public void Dispose()
    {
        _fsync?.Dispose();
        _file?.Dispose();
        _file = null;
    }

    private bool TryStartFirstBase()
    {
        if (Rewrite.IsActive)
        {
            _engine.Log.Notice("AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.");
            IsWaitingForBase = false;
            Rewrite.Abort();
            IsWaitingForBase = true;
        }
        return Rewrite.TryStart();
    }

    private void ForgetErrors()
    {
        if (_fsync?.Error is not null) _engine.Log.Warning("AOF reopen, just ignore the AOF fsync error in bio job");
        _fsync?.ForgetError();
        if (_writeError is not null) _engine.Log.Warning("AOF reopen, just ignore the last error.");
        _writeError = null;
    }

    /// <summary>Records in another file from now on; the one before is synchronised and closed on the thread.</summary>
    private void GoOnIn(IWritableFile file)
    {
        if (_file is null)
        {
            BeginRecording(file, 0);
            return;
        }
        _fsync!.Drain();
        _fsync.Begin(_file, Offset, closes: true);
        _file = file;
        _selectedDatabase = -1;
        _lastFileSize = _syncedFileSize = 0;
    }

    private void BeginRecording(IWritableFile file, long size)
    {
        _file = file;
        _fsync ??= new FsyncThread(_engine.Threads, _engine.BackgroundProcessors);
        _buffer = new byte[BufferSize];
        _selectedDatabase = -1;
        _lastFileSize = _syncedFileSize = size;
        _lastFsyncMs = _engine.NowMs;
        _postponedSinceMs = 0;
        DurableOffset = Offset;
        _engine.Effects.Add(this);
    }

    private void EndRecording()
    {
        _fsync!.Drain();
        _file!.Dispose();
        _file = null;
        _buffer = [];
        _length = 0;
        _engine.Effects.Remove(this);
        RefusesWrites = false;
    }

    private void NoteTime()
    {
        long seconds = _engine.NowMs / 1000;
        if (!_settings.AofTimestamps || _timestamp >= seconds) return;
        _timestamp = seconds;
        Append("#TS:"u8);
        Append(seconds);
        Append("\r\n"u8);
    }

    private void Select(int database)
    {
        Span<byte> digits = stackalloc byte[NumberText.Int64Max];
        int length = NumberText.FormatInt64(digits, database);
        Append("*2\r\n$6\r\nSELECT\r\n$"u8);
        Append((long)length);
        Append("\r\n"u8);
        Append(digits[..length]);
        Append("\r\n"u8);
        _selectedDatabase = database;
    }

    private void Append(long number)
    {
        Span<byte> digits = stackalloc byte[NumberText.Int64Max];
        Append(digits[..NumberText.FormatInt64(digits, number)]);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _length < bytes.Length)
            Array.Resize(ref _buffer, (int)Math.Min(Math.Max(_buffer.Length * 2L, (long)_length + bytes.Length), Array.MaxLength));
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
        Offset += bytes.Length;
    }
}
