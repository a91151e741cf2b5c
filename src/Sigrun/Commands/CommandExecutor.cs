using System.Runtime.CompilerServices;
using Sigrun.Blocking;
using Sigrun.Clients;
using Sigrun.Network;
using Sigrun.Observability;
using Sigrun.Protocol;
using Sigrun.Security;
using Sigrun.Storage;
using Sigrun.Storage.Buffers;
using Sigrun.Tracking;
using Sigrun.Transactions;

namespace Sigrun.Commands;

/// <summary>
/// Runs the requests that sessions have parsed: prefetches for groups of them, then executes one after the
/// other in order.
/// </summary>
/// <remarks>
/// <para>
/// A cache miss costs as much as executing a simple command, so a group's table lines are prefetched
/// first, then its entries, then the commands run over warm memory; within a long pipeline the lines and
/// entries of the next windows are fetched while this one runs. What was prefetched is a hint, execution looks
/// up again.
/// </para>
/// <para>
/// Reading the clock costs as much as a simple command too: commands in O(1) are timed in slices of at
/// most <see cref="SliceMax"/> of one session, the time divided among them. Counts are exact.
/// </para>
/// <para>
/// One session executes at most a batch of requests, <see cref="TurnOutputMax"/> bytes of replies or
/// <see cref="TurnNanosecondsMax"/> per turn; the rest waits for the next turn.
/// </para>
/// </remarks>
internal sealed partial class CommandExecutor : IDisposable
{
    private const int SliceMax = 16;
    private const long TurnOutputMax = 64 * 1024;
    private const long TurnNanosecondsMax = 1_000_000;

    /// <summary>What the protocol adds to an argument, or a request, at most.</summary>
    private const long FrameBytesMax = 16;

    /// <summary>From this size on there must be room for a request before it runs, arguments framed.</summary>
    public const long LargeRequestMin = 32 * 1024;

    /// <summary>What an element takes beside its bytes, at most.</summary>
    private const long ElementBytesMax = 64;

    /// <summary>Below this threshold commands are timed alone, since a slice's mean would hide slow ones.</summary>
    private const long SlicedThresholdMinMicroseconds = 1000;

    private readonly Engine _engine;
    private readonly CommandContext _context;
    private readonly CommandStatistics _statistics;
    private readonly CommandBatch _replayBatch = new();
    private readonly InputBuffer _replayInput = new();
    private readonly RequestArguments _checked = new();
    private readonly int[] _slice = new int[SliceMax];
    private int _sliceCount;
    private bool _sliced;
    private long _queueErrors;
    private long _sliceStart;

    /// <summary>Creates the executor of an engine.</summary>
    public CommandExecutor(Engine engine)
    {
        _engine = engine;
        _statistics = engine.Statistics.Commands;
        _context = new CommandContext(engine);
    }

    /// <summary>True while EXEC runs the requests of a transaction.</summary>
    public bool IsInTransaction { get; private set; }

    /// <summary>True while the command of a client that was blocked runs again.</summary>
    public bool IsRerunning { get; private set; }

    /// <summary>The command that runs at the moment; null while none does. Other threads may look, when the engine stands still.</summary>
    public CommandContext? Running => _engine.Pushes.Executing is { } session && session == _context.Client && _context is { ArgCount: > 0, CommandId: >= 0 } ? _context : null;

    /// <summary>
    /// Whether what is being done may have memory that is kept back: the rest of a change, or a command that clients may
    /// use when memory is short, since most of those make room.
    /// </summary>
    public bool MustNotFail => Running is { } command && (command.HasWritten
        || ((CommandFlags)CommandTable.FlagBits[command.CommandId] & (CommandFlags.Write | CommandFlags.DenyOom)) == CommandFlags.Write);

    /// <summary>Executes what the sessions have parsed; nothing once the engine was shut down.</summary>
    public void Execute(ReadOnlySpan<ConnectionSession> ready)
    {
        _sliceStart = _engine.ReadClock();
        while (!ready.IsEmpty && !IsOver)
        {
            int count = PrefetchGroup(ready);
            for (int i = 0; i < count && !IsOver; i++) ExecuteSession((ClientSession)ready[i]);
            ready = ready[count..];
        }
        _engine.Pushes.Executing = null;
    }

    private bool IsOver => _engine.HasEnded && !_engine.IsReplaying;

    private void ExecuteSession(ClientSession session)
    {
        if (_engine.Tracking.IsOverLimit) _engine.Tracking.EnforceLimitBefore(session);
        CommandBatch batch = session.Batch!;
        if (_engine.ClientMemory.IsOver) _engine.ClientMemory.Evict();
        if (session.IsDoomed)
        {
            batch.Clear();
            return;
        }
        batch.Bind(session.Input!);
        _context.Enter(session, batch);
        _engine.Pushes.Executing = session;
        if (session.IsSubscriber) _engine.Pushes.HandOut();
        int window = _engine.PrefetchWindow;
        UpdateSliced();
        session.BeginTurn();
        int windowEnd = batch.Executed + window;
        if (window > 0) PrefetchAhead(session, window);
        long turnStart = _sliceStart;
        ReplyMark turnMark = session.Reply.Mark();
        session.LastInteractionMs = _engine.NowMs;

        while (batch.Executed < batch.Count)
        {
            if (window > 0 && batch.Executed == windowEnd) windowEnd = AdvanceWindow(session, window);
            ref ParsedCommand command = ref batch[batch.Executed++];
            ExecuteCommand(session, ref command);
            if (_engine.Pushes.HasOwn) TellOwn(session);
            if (_engine.Blocked.HasReadyKeys) ServeBlocked(session, batch);
            if (_sliceCount == SliceMax)
            {
                EndSlice();
                if (session.Reply.HasWritten(turnMark, TurnOutputMax) || _sliceStart - turnStart > TurnNanosecondsMax) break;
            }
            if (session.CloseAfterOutput | session.IsSuspended) break;
        }

        session.EndTurn();
        // The slow log may want the arguments of the last command, which go with the batch.
        EndSlice();
        Finish(session, batch);
        if (_engine.ClientMemory.IsCounting) _engine.ClientMemory.Count(session);
    }

    private static void Finish(ClientSession session, CommandBatch batch)
    {
        if (session.CloseAfterOutput)
        {
            session.Reply.Flush();
            batch.Clear();
            return;
        }
        if (session.IsSuspended)
        {
            // What follows, be it an error, has its turn when the client goes on.
            if (batch.Executed == batch.Count && batch.Error is null) session.RecycleBatch();
            session.Reply.Flush();
            return;
        }
        if (batch.Executed == batch.Count)
        {
            if (batch.Error is { } error)
            {
                session.Engine.OnProtocolError(session, error);
                session.CloseAfterOutput = true;
                session.Reply.Flush();
                batch.Clear();
                return;
            }
            session.RecycleBatch();
        }
        session.Reply.Flush();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ExecuteCommand(ClientSession session, ref ParsedCommand command)
    {
        int id = command.CommandId;
        if (_engine.Eviction.IsDue) Evict(session);
        if (id >= 0 && !_engine.IsGated && IsArityRight(id, command.ArgumentCount) && (session.RunsPlainly || IsPermitted(session, command)))
        {
            bool alone = !_sliced || CommandTable.IsConstantTime[id] == 0;
            if (alone) EndSlice();
            _context.Bind(command);
            session.LastCommandId = id;
            RunPlainly(id, session);
            if (MayBeLarge(command)) NoteLargeRequest(command);
            if (alone)
            {
                EndLonely(id, session);
                UpdateSliced();
                return;
            }
            _slice[_sliceCount++] = id;
            return;
        }
        EndSlice();
        _context.Bind(command);
        bool isSilent = session.Silence > Silence.Always;
        if (isSilent) session.Silence = Silence.Now;
        ExecuteChecked(session, command);
        KeyTracking.EndCaching(session, id);
        if (isSilent && !session.IsSuspended) session.EndSilence();
    }

    /// <summary>Whether a command may simply run although the client's user may not do everything.</summary>
    private bool IsPermitted(ClientSession session, in ParsedCommand command)
    {
        if (!session.RunsIfPermitted) return false;
        // Not through the context: the slow log may still want the arguments of the command before.
        _checked.Point(session.Batch!, command);
        return CheckPermission(session, command.CommandId, _checked).IsAllowed;
    }

    /// <summary>Whether the client's user may run the command that the context points at.</summary>
    private AclVerdict CheckPermission(ClientSession session, int id) => CheckPermission(session, id, _context);

    private AclVerdict CheckPermission(ClientSession session, int id, IArgumentSource arguments)
    {
        if (!session.IsRestricted) return default;
        int database = session.IsInTransaction && !IsInTransaction ? session.Transaction!.Database : session.Db.Index;
        return AclCheck.Run(session.User!, id, new ArgumentList(arguments), database, _engine.Databases.Length);
    }

    /// <summary>Makes room for what commands add; a client that has lost keys hears of it before its reply.</summary>
    private void Evict(ClientSession session)
    {
        _engine.Eviction.Run();
        if (_engine.Pushes.HasOwn) TellOwn(session);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsArityRight(int id, int argumentCount)
    {
        int arity = CommandTable.Arity[id];
        return CommandTable.NeedsChecks[id] == 0 && (arity >= 0 ? argumentCount == arity : argumentCount >= -arity);
    }

    /// <summary>True while the command that runs is one that writes.</summary>
    public bool IsRunningWrite => ((CommandFlags)CommandTable.FlagBits[_context.CommandId] & CommandFlags.Write) != 0;

    /// <summary>Runs a command of any client: those of some leave no trace in access bits, but for TOUCH.</summary>
    private void Run(int id, ClientSession session)
    {
        _engine.AccessClock.IsHeld = session.LeavesNoTrace && id != CommandIds.Touch;
        RunPlainly(id, session);
        _engine.AccessClock.IsHeld = false;
        if (session.Tracking is not null) _engine.Tracking.Remember(_context);
        if (_engine.Monitors.IsActive && !IsRerunning && _engine.Loading is null) _engine.Monitors.Feed(_context);
    }

    /// <summary>What the command has caused for its own client follows the reply.</summary>
    private void TellOwn(ClientSession session)
    {
        _engine.Tracking.TellOwn(session);
        _engine.Pushes.EndCommand(session);
    }

    private void RunPlainly(int id, ClientSession session)
    {
        long errors = session.Reply.Errors;
        long dirty = _engine.Dirty;
        ReplyMark mark = session.Reply.Mark();
        try
        {
            if (_context.ArgBytes + FrameBytesMax * _context.ArgCount >= LargeRequestMin) RequireRoom(id);
            CommandTable.Dispatch(id, _context);
        }
        catch (Exception exception) when (!_context.HasWritten && exception is not EngineFailureException)
        {
            // Half a reply would make the client take the error for the rest of it.
            if (!session.Reply.TryRewind(mark)) session.CloseAfterOutput = true;
            _engine.OnCommandException(session, exception);
        }
        if (session.Reply.Errors != errors) CountFailure(id, session, session.Reply.Errors - errors);
        if (session.Reply.HasWritten(mark, _engine.LargeReplies.Floor)) _engine.LargeReplies.Note(_context, session.Reply.BytesSince(mark));
        if (_engine.Effects.IsActive) EndUnit(id, session, hasChanged: _engine.Dirty != dirty);
    }

    /// <summary>
    /// Refuses a large request that may need more memory than there is: its first elements could have it, and what is kept
    /// back may be too little for the rest.
    /// </summary>
    private void RequireRoom(int id)
    {
        if (((CommandFlags)CommandTable.FlagBits[id] & CommandFlags.DenyOom) == 0) return;
        // Large blocks are whole units and listpacks are rebuilt beside the old ones; an element takes more than its bytes.
        _engine.Heap.RequireRoomFor(2 * _context.ArgBytes + ElementBytesMax * _context.ArgCount);
    }

    /// <summary>Passes on what the command has changed; what a transaction has changed when EXEC ends.</summary>
    private void EndUnit(int id, ClientSession session, bool hasChanged)
    {
        if (hasChanged && !_context.EffectsReplaced) _engine.Effects.Verbatim(_context.Db.Index, _context);
        if (IsInTransaction || !_engine.Effects.HasPending) return;
        _engine.Effects.EndUnit(isLoose: ((CommandFlags)CommandTable.FlagBits[id] & CommandFlags.TouchesArbitraryKeys) != 0);
        if (_engine.AppendOnlyFile is { } file) session.WriteOffset = file.Offset;
    }

    /// <summary>Counts a command that has replied errors; not EXEC for those of the commands that it ran.</summary>
    private void CountFailure(int id, ClientSession session, long errors)
    {
        bool areOfQueue = errors == _queueErrors;
        _queueErrors = 0;
        if (areOfQueue) return;
        _statistics.CountFailed(id);
        _engine.Statistics.CountErrorReply(session.Reply.LastError);
    }

    /// <summary>
    /// The way of everything that is not plainly fine: unknown, wrong number of arguments, not authenticated,
    /// protected, within a transaction.
    /// </summary>
    private void ExecuteChecked(ClientSession session, in ParsedCommand command)
    {
        int id = command.CommandId;
        if (id < 0 && (_context.ArgIs(0, "post"u8) || _context.ArgIs(0, "host:"u8)))
        {
            _engine.OnForeignProtocol(session);
            return;
        }
        string? mistake = FindMistake(session, ref id);
        session.LastCommandId = id;
        if (mistake is not null)
        {
            Reject(session, id, mistake);
            return;
        }
        if (CheckPermission(session, id) is { IsAllowed: false } verdict)
        {
            RejectUnpermitted(session, id, verdict);
            return;
        }
        if (_engine.Tracking.IsOverLimit) _engine.Tracking.EnforceLimitBefore(session);
        if (CommandGate.Refusal(_engine, session, id) is { } refusal)
        {
            Reject(session, id, refusal);
            return;
        }
        if (!_engine.IsReplaying && _engine.Pause.Holds(session, id))
        {
            session.Batch!.Executed--;
            _engine.Pause.Postpone(session);
            return;
        }
        if (session.IsInTransaction && !EndsTransaction(id))
        {
            Queue(session, command);
            return;
        }
        Run(id, session);
        if (MayBeLarge(command)) NoteLargeRequest(command);
        EndLonely(id, session);
    }

    /// <summary>What is wrong with a request whatever the state of things; null when nothing is.</summary>
    /// <param name="session">The client.</param>
    /// <param name="id">The command; −1 afterwards when it is none of which refusals are counted.</param>
    private string? FindMistake(ClientSession session, ref int id)
    {
        CommandFlags flags = id < 0 ? CommandFlags.None : (CommandFlags)CommandTable.FlagBits[id];
        if (session.MustLogIn && (flags & CommandFlags.NoAuth) == 0) return "NOAUTH Authentication required.";
        if (id < 0) return CommandErrors.UnknownCommand(_context);
        if (CommandTable.SubcommandCount[id] != 0 && _context.ArgCount > 1)
        {
            id = -1;
            return CommandErrors.UnknownSubcommand(_context);
        }
        if (!new CommandInfo(id).AcceptsArgumentCount(_context.ArgCount)) return CommandErrors.WrongArity(id);
        if ((flags & CommandFlags.Protected) != 0 && ProtectedCommands.Refusal(session, id) is { } refusal) return refusal;
        return session.IsInTransaction && (flags & CommandFlags.NoMulti) != 0
            ? $"ERR Command '{System.Text.Encoding.ASCII.GetString(CommandTable.FullName(id))}' not allowed inside a transaction"
            : null;
    }

    /// <summary>Whether commands that cost little are timed together: not when the slow log wants to know of each.</summary>
    private void UpdateSliced() => _sliced = _engine.SlowLog.Threshold is < 0 or >= SlicedThresholdMinMicroseconds;

    /// <summary>Ends the slice of a command that is timed alone; one that now waits is counted when it is served.</summary>
    private void EndLonely(int id, ClientSession session)
    {
        if (!session.IsBlocked) _slice[_sliceCount++] = id;
        EndSlice();
    }

    /// <summary>Whether a command runs within a transaction rather than being queued.</summary>
    private static bool EndsTransaction(int id) =>
        id is CommandIds.Exec or CommandIds.Discard or CommandIds.Quit or CommandIds.Reset;

    private void Queue(ClientSession session, in ParsedCommand command)
    {
        Transaction transaction = session.Transaction!;
        if (!transaction.Queue.HasRoomFor(command.ArgumentBytes))
        {
            _engine.OnQueryBufferLimit(session);
            return;
        }
        // What will not run is not kept.
        if (!transaction.IsAborted && !transaction.IsTouched) transaction.Queue.Add(_context);
        session.CountCommands(-1);
        FollowSelect(transaction);
        session.Reply.SimpleString("QUEUED"u8);
    }

    /// <summary>Notes in which database the requests run that come after a SELECT.</summary>
    private void FollowSelect(Transaction transaction)
    {
        if (_context.CommandId != CommandIds.Select) return;
        if (NumberText.TryParseInt64(_context.Arg(1), out long index) && (ulong)index < (ulong)_engine.Databases.Length) transaction.Database = (int)index;
    }

    /// <summary>Runs the queued requests of the client that has sent EXEC, whose request is bound again afterwards.</summary>
    public void RunQueue(ClientSession session, Transaction transaction)
    {
        CommandBatch batch = session.Batch!;
        int count = transaction.Queue.Count;
        session.Reply.Array(count);
        IsInTransaction = true;
        long errors = session.Reply.Errors;
        long start = _engine.ReadClock();
        for (int i = 0; i < count; i++)
        {
            transaction.Queue.Load(i, _replayBatch, _replayInput);
            _context.Enter(session, _replayBatch);
            _context.Bind(_replayBatch[0]);
            if (!MayRunQueued(session, _replayBatch[0].CommandId)) continue;
            Run(_replayBatch[0].CommandId, session);
            session.CountCommands(1);
            start = CountAlone(_replayBatch[0].CommandId, start);
        }
        IsInTransaction = false;
        _queueErrors = session.Reply.Errors - errors;
        _context.Enter(session, batch);
        _context.Bind(batch[batch.Executed - 1]);
        _context.SuppressEffects();
    }

    /// <summary>Whether a queued command is still allowed; replies the error when it is not.</summary>
    private bool MayRunQueued(ClientSession session, int id)
    {
        AclVerdict verdict = CheckPermission(session, id);
        if (verdict.IsAllowed) return true;
        _engine.AclLog.AddRefusal(_context, verdict);
        session.Reply.Error(AclRefusals.ToQueued(verdict.Denial));
        return false;
    }

    /// <summary>Runs the command of a client that was blocked again; the client goes on unless it blocks again.</summary>
    public void Rerun(ClientSession session)
    {
        ClientWait wait = session.Wait!;
        _engine.Blocked.Release(session);
        wait.Request.Load(0, _replayBatch, _replayInput);
        PushState writing = _engine.Pushes.Begin(session, isReply: true);
        ClientSession? before = _engine.Pushes.Executing;
        _engine.Pushes.Executing = session;
        _context.Enter(session, _replayBatch);
        _context.Bind(_replayBatch[0]);
        IsRerunning = true;
        long start = _engine.ReadClock();
        int id = _replayBatch[0].CommandId;
        if (_engine.Eviction.IsDue) _engine.Eviction.Run();
        bool isRefused = RefusesAgain(session, id);
        if (!isRefused) Run(id, session);
        IsRerunning = false;
        if (_engine.Pushes.HasOwn) TellOwn(session);
        _engine.Pushes.Executing = before;
        ClientPushes.End(session, writing);
        if (session.IsBlocked) return;
        session.EndSilence();
        KeyTracking.EndCaching(session, id);
        if (!isRefused) CountAlone(id, start);
        wait.Request.Clear();
        _engine.Resume(session);
    }

    /// <summary>Whether the command of a client that was blocked may not run any more, which the client is told.</summary>
    private bool RefusesAgain(ClientSession session, int id)
    {
        if (CheckPermission(session, id) is { IsAllowed: false } verdict)
        {
            RejectUnpermitted(session, id, verdict);
            return true;
        }
        if (!_engine.IsGated || CommandGate.Refusal(_engine, session, id) is not { } refusal) return false;
        Reject(session, id, refusal);
        return true;
    }

    /// <summary>Counts the command of a client that has waited in vain.</summary>
    public void CountWait(ClientSession session, ClientWait wait, bool hasFailed)
    {
        _statistics.Count(session.LastCommandId, 1, _engine.MonotonicNs - wait.StartedNs);
        if (!hasFailed) return;
        _statistics.CountRejected(session.LastCommandId);
        _engine.Statistics.CountErrorReply(session.Reply.LastError);
    }

    /// <summary>Serves the clients that waited for what was just written, in the middle of another client's turn.</summary>
    private void ServeBlocked(ClientSession session, CommandBatch batch)
    {
        EndSlice();
        session.Reply.Flush();
        _engine.Blocked.ServeReadyKeys();
        _context.Enter(session, batch);
        _sliceStart = _engine.ReadClock();
    }

    /// <summary>Counts a command that ran outside the slices; returns the time at its end.</summary>
    private long CountAlone(int id, long start)
    {
        long now = _engine.ReadClock();
        _statistics.Count(id, 1, now - start);
        if (_engine.Latency.IsLong(now - start)) NoteLatency(id, now - start);
        _engine.SlowLog.Note(_context, (now - start) / 1000);
        return now;
    }

    private void RejectUnpermitted(ClientSession session, int id, AclVerdict verdict)
    {
        _engine.AclLog.AddRefusal(_context, verdict);
        Reject(session, id, AclRefusals.ToCommand(verdict.Denial, session.User!, id));
    }

    private void Reject(ClientSession session, int id, string error)
    {
        if (session.IsInTransaction) session.Transaction!.Abort();
        if (id == CommandIds.Exec) error = AbandonTransaction(session, error);
        session.Reply.Error(error);
        if (_engine.OutputLimits.CountsFirstBuffer) _engine.OutputLimits.Check(session);
        session.CountCommands(-1);
        if (id >= 0) _statistics.CountRejected(id);
        _engine.Statistics.CountErrorReply(session.Reply.LastError);
    }

    /// <summary>An EXEC that cannot run ends the transaction all the same; returns what the client is told.</summary>
    private static string AbandonTransaction(ClientSession session, string reason)
    {
        session.CloseTransaction();
        return "EXECABORT Transaction discarded because of: " + (reason.StartsWith("ERR ", StringComparison.Ordinal) ? reason[4..] : reason);
    }

    /// <summary>Releases what it keeps requests in that run later.</summary>
    public void Dispose()
    {
        _replayBatch.Dispose();
        _replayInput.Dispose();
    }

    /// <summary>Reads the clock and divides the time since the last reading among the commands of the slice.</summary>
    private void EndSlice()
    {
        if (_sliceCount == 0) return;
        long now = _engine.ReadClock();
        // Where a slice of fast commands has taken long, one of them has.
        if (_engine.Latency.IsLong(now - _sliceStart)) NoteLatency(_slice[_sliceCount - 1], now - _sliceStart);
        long share = (now - _sliceStart) / _sliceCount;
        _sliceStart = now;
        int i = 0;
        while (i < _sliceCount)
        {
            int id = _slice[i];
            int run = 1;
            while (i + run < _sliceCount && _slice[i + run] == id) run++;
            _statistics.Count(id, run, share);
            i += run;
        }
        _sliceCount = 0;
        _engine.SlowLog.Note(_context, share / 1000);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayBeLarge(in ParsedCommand command) =>
        command.ArgumentBytes + FrameBytesMax * (1L + command.ArgumentCount) >= _engine.LargeRequests.Floor;

    /// <summary>Logs the request if it is large with what frames its arguments.</summary>
    private void NoteLargeRequest(in ParsedCommand command)
    {
        long bytes = command.ArgumentBytes + Frame(command.ArgumentCount);
        for (int i = 0; i < command.ArgumentCount; i++) bytes += Frame(_context.Arg(i).Length) + 2;
        _engine.LargeRequests.Note(_context, bytes);

        static int Frame(int number) => 3 + NumberText.CountDigits((ulong)number);
    }

    private void NoteLatency(int id, long nanoseconds)
    {
        bool isFast = (new CommandInfo(id).Flags & CommandFlags.Fast) != 0;
        _engine.Latency.Note(isFast ? LatencyMonitor.FastCommand : LatencyMonitor.Command, nanoseconds);
    }
}
