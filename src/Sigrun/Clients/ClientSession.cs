using Sigrun.Blocking;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Network;
using Sigrun.Protocol;
using Sigrun.PubSub;
using Sigrun.Security;
using Sigrun.Storage;
using Sigrun.Storage.Buffers;
using Sigrun.Tracking;
using Sigrun.Transactions;

namespace Sigrun.Clients;

/// <summary>
/// One client: its place in the protocol (parsed requests, replies), and what it has told about itself.
/// </summary>
/// <remarks>
/// <see cref="Parse"/> is the only part that may run on an I/O thread; it reads this session's input and the
/// command table. Everything else belongs to the engine's thread.
/// </remarks>
internal sealed class ClientSession : ConnectionSession, IOutputGuard
{
    /// <summary>What a session takes besides its buffers: itself, parser, writer, connection, table entries.</summary>
    private const long DeclaredBytes = 1024;

    private const long FreeOutputBytes = 16 * 1024;

    private readonly RequestParser _parser = new();
    private readonly KeyHasher _hasher;
    private readonly SessionResources _resources;

    /// <summary>Creates the session of a new client.</summary>
    public ClientSession(Engine engine, SessionResources resources, long id)
        : base(resources)
    {
        _hasher = engine.Hasher;
        _resources = resources;
        Engine = engine;
        Id = id;
        Reply = new ReplyWriter(Output) { Guard = this };
        Db = engine.Databases[0];
        SetUser(engine.Users.Default, !engine.RequiresLogin);
        CreatedMs = LastInteractionMs = engine.NowMs;
    }

    /// <summary>The engine that serves the client.</summary>
    public Engine Engine { get; }

    /// <summary>Unique among all clients of the engine's life, rising.</summary>
    public long Id { get; }

    /// <summary>Where replies go.</summary>
    public ReplyWriter Reply { get; }

    /// <summary>Requests that are parsed; null while there are none.</summary>
    public CommandBatch? Batch { get; private set; }

    /// <summary>The selected database.</summary>
    public Database Db { get; set; }

    /// <summary>As whom the client is logged in; null for one that may do everything because it is the server itself.</summary>
    public AclUser? User { get; private set; }

    /// <summary>False until a password was given where one was required when the client came.</summary>
    public bool IsAuthenticated { get; private set; }

    /// <summary>True while the client may do nothing but log in.</summary>
    public bool MustLogIn => !IsAuthenticated && Engine.RequiresLogin;

    /// <summary>True when there is something that the client's user may not do.</summary>
    public bool IsRestricted => User is { IsUnrestricted: false };

    /// <summary>True once the client was logged in, or needed not to be.</summary>
    public bool WasAuthenticated { get; private set; }

    /// <summary>True when nothing about the client keeps a well-formed command from simply running.</summary>
    public bool RunsPlainly { get; private set; }

    /// <summary>True when nothing does but that the client's user may not do everything.</summary>
    public bool RunsIfPermitted { get; private set; }

    /// <summary>The client's transaction and watched keys; null until it uses any.</summary>
    public Transaction? Transaction { get; set; }

    /// <summary>True between MULTI and EXEC or DISCARD.</summary>
    public bool IsInTransaction => Transaction is { IsOpen: true };

    /// <summary>What the client waits for, or waited for last; null until it blocks for the first time.</summary>
    public ClientWait? Wait { get; set; }

    /// <summary>True while the client waits in a blocking command.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>The name given with CLIENT SETNAME or HELLO; empty when none was.</summary>
    public byte[] Name { get; set; } = [];

    /// <summary>The client library's name (CLIENT SETINFO).</summary>
    public byte[] LibraryName { get; set; } = [];

    /// <summary>The client library's version (CLIENT SETINFO).</summary>
    public byte[] LibraryVersion { get; set; } = [];

    /// <summary>Which replies the client does not want.</summary>
    public Silence Silence
    {
        get;
        set
        {
            field = value;
            Reply.Muted = value is Silence.Always or Silence.Now or Silence.AfterThis;
            UpdateRunsPlainly();
        }
    }

    /// <summary>True when the client's commands shall not count as use of keys (CLIENT NO-TOUCH).</summary>
    public bool LeavesNoTrace
    {
        get;
        set
        {
            field = value;
            UpdateRunsPlainly();
        }
    }

    /// <summary>True when the client is not closed to free memory (CLIENT NO-EVICT).</summary>
    public bool IsKept { get; set; }

    /// <summary>Whether the client goes where a server sends it that does not have the data (CLIENT CAPA redirect).</summary>
    public bool FollowsRedirects { get; set; }

    /// <summary>Whether the client is content with what a replica has (READONLY).</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Whether the client is told of every command (MONITOR).</summary>
    public bool IsMonitor { get; set; }

    /// <summary>Whether the client imports data, whose expiry it looks after itself (CLIENT IMPORT-SOURCE).</summary>
    public bool IsImportSource { get; set; }

    /// <summary>What <see cref="ClientMemory"/> has counted for the client.</summary>
    public long CountedBytes { get; set; }

    /// <summary>The group there that the client is in, −1 for none.</summary>
    public int MemoryGroup { get; set; } = -1;

    /// <summary>Its place in the group.</summary>
    public int GroupIndex { get; set; }

    /// <summary>Where in the append-only file the client's last change ends.</summary>
    public long WriteOffset { get; set; }

    /// <summary>When the client connected, in milliseconds since 1970.</summary>
    public long CreatedMs { get; }

    /// <summary>When the client last sent a request, likewise.</summary>
    public long LastInteractionMs { get; set; }

    /// <summary>Requests executed, the running one apart.</summary>
    public long CommandsProcessed => _commands + (_turnStart < 0 ? 0 : Batch!.Executed - _turnStart - 1);

    /// <summary>The id of the last command that came, queued and refused ones too; −1 for none, and for one that is unknown.</summary>
    public int LastCommandId { get; set; } = -1;

    /// <summary>
    /// Bytes of the arguments of the requests that wait, those of the running one included; of a session that another thread
    /// has, which may be parsing, nothing is known.
    /// </summary>
    public long ArgumentBytes
    {
        get
        {
            long sum = 0;
            if (IsOnEngineThread && Batch is { Count: > 0 } batch)
            {
                for (int i = Math.Max(0, batch.Executed - 1); i < batch.Count; i++) sum += batch[i].ArgumentBytes;
            }
            return sum;
        }
    }

    /// <summary>Bytes that output waiting for the client takes, on whichever thread it waits.</summary>
    public long OutputHeld => Output.HeldBytes + (Outbox?.HeldBytes ?? 0);

    /// <summary>The same as limits count it: without the buffer that clients of Valkey have anyway.</summary>
    public long OutputMemory => Engine.OutputLimits.CountsFirstBuffer ? OutputHeld
        : OutputHeld is var held && held <= OutputSegment.DefaultCapacity ? 0 : held - FreeOutputBytes;

    /// <summary>What has arrived and could not be made sense of yet.</summary>
    public ReadOnlySpan<byte> Unparsed => Input is { } input ? input.From(_parser.Position) : default;

    /// <summary>Bytes that have arrived and belong to no complete request.</summary>
    public long UnparsedBytes => Input is not { } input ? 0 : Batch is { IsEmpty: false } ? input.Length : input.End - _parser.Position;

    /// <summary>
    /// Bytes that the client takes: the session by a declared size, its buffers as they are; but for those that whichever
    /// client runs is lent for its turn.
    /// </summary>
    public long MemoryBytes =>
        DeclaredBytes + Name.Length + (Input?.Capacity ?? 0) + OutputHeld - LentBytes + QueuedBytes
        + (Transaction?.WatchedBytes ?? 0) + (Wait?.Request.MemoryBytes ?? 0) + (Subscriptions?.MemoryBytes ?? 0)
        + (Tracking?.MemoryBytes ?? 0);

    /// <summary>Which keys the client wants to hear of; null until it asks for the first time.</summary>
    public ClientTracking? Tracking { get; set; }

    private long LentBytes => Engine.Pushes.Executing != this ? 0
        : (Input is { Capacity: InputBuffer.InitialCapacity } ? InputBuffer.InitialCapacity : 0)
            + (OutputHeld == OutputSegment.DefaultCapacity ? OutputSegment.DefaultCapacity : 0);

    /// <summary>What the client is subscribed to; null until it subscribes for the first time.</summary>
    public Subscriptions? Subscriptions { get; set; }

    /// <summary>True while the client is subscribed to something.</summary>
    public bool IsSubscriber
    {
        get;
        set
        {
            field = value;
            UpdateRunsPlainly();
        }
    }

    /// <summary>True while the client's protocol has no way to tell messages from replies: few commands are allowed then.</summary>
    public bool ListensOnly => IsSubscriber && !Reply.IsResp3;

    /// <summary>Which output limits hold for the client.</summary>
    public OutputClass OutputClass => IsSubscriber ? OutputClass.PubSub : OutputClass.Normal;

    /// <summary>When the client's output came over the soft limit, in seconds since 1970; 0 while it is below.</summary>
    public long SoftLimitSinceSeconds { get; set; }

    /// <summary>True when the connection is closed, or will be without anything more being sent.</summary>
    public bool IsDoomed { get; private set; }

    /// <summary>True while the client waits because of CLIENT PAUSE.</summary>
    public bool WaitsForPause { get; set; }

    /// <summary>True when nothing more is to be written for the client.</summary>
    public bool TakesNoMore => IsDoomed | CloseAfterOutput;

    /// <summary>True while the client stands in the list of those for which something was written this turn.</summary>
    public bool HasUnsent { get; set; }

    /// <summary>Where the engine may write for the client.</summary>
    public OutputQueue WritableOutput => IsOnEngineThread ? Output : (Outbox ??= new Outbox(_resources)).Written;

    /// <summary>Bytes that a transaction's requests take.</summary>
    public long QueuedBytes => IsInTransaction && Transaction!.Queue.Count > 0 ? Transaction.Queue.MemoryBytes : 0;

    /// <summary>The client's place in the client table.</summary>
    public int TableIndex { get; set; } = -1;

    /// <inheritdoc/>
    public override bool HasWork =>
        Batch is { } batch && (batch.Executed < batch.Count || batch.Error is not null
        || (Input is { } input && _parser.Position < input.End && batch.Count == 0 && _moreMayBeComplete));

    /// <inheritdoc/>
    public override long WantedInputSpace
    {
        get
        {
            InputBuffer input = Input!;
            long wanted = _parser.WantedSpace(input);
            if (input.ReceiveSpace < wanted || input.ReceiveSpace < InputBuffer.InitialCapacity / 2) Compact(input);
            return wanted;
        }
    }

    private bool _moreMayBeComplete;
    private long _commands;
    private int _turnStart = -1;

    /// <inheritdoc/>
    public override bool Parse()
    {
        if (Input is not { } input) return false;
        CommandBatch batch = Batch ??= ((SessionResources)Pool).RentBatch();
        if (batch.Count == 0 && batch.Error is null)
        {
            bool mustLogIn = MustLogIn;
            int commandsMax = !mustLogIn ? CommandBatch.CommandsMax : 1;
            // The arguments that are there already do not count.
            long unparsed = input.End - Math.Max(_parser.Position, input.Start);
            if (unparsed + (IsInTransaction ? Transaction!.Queue.Bytes : 0) > Engine.Settings.Network.ClientQueryBufferLimitBytes)
            {
                Engine.OnQueryBufferLimit(this);
                return false;
            }
            _parser.Parse(input, batch, new RequestLimits(Engine.BulkLengthMax, mustLogIn), commandsMax);
            _moreMayBeComplete = batch.Count == commandsMax;
            for (int i = 0; i < batch.Count; i++) Resolve(batch, ref batch[i], input);
        }
        return batch.Executed < batch.Count || batch.Error is not null;
    }

    /// <summary>For a session without a connection: an empty batch over an empty input, for whoever fills both.</summary>
    public CommandBatch Stage()
    {
        Input ??= Pool.RentInput();
        Input.Reset();
        Batch ??= ((SessionResources)Pool).RentBatch();
        Batch.Clear();
        return Batch;
    }

    /// <summary>Looks up the command of a request that was staged.</summary>
    public void ResolveStaged(int index) => Resolve(Batch!, ref Batch![index], Input!);

    /// <summary>From now on requests are queued.</summary>
    public void OpenTransaction()
    {
        Transaction ??= new Transaction();
        Transaction.IsOpen = true;
        Transaction.Database = Db.Index;
        UpdateRunsPlainly();
    }

    /// <summary>Forgets queued requests and watched keys; requests run again.</summary>
    public void CloseTransaction()
    {
        if (Transaction is not { } transaction) return;
        Engine.WatchedKeys.Forget(this);
        transaction.Close();
        UpdateRunsPlainly();
    }

    /// <summary>Requests of the batch are executed from now on.</summary>
    public void BeginTurn() => _turnStart = Batch!.Executed;

    /// <summary>No more of them.</summary>
    public void EndTurn()
    {
        _commands += Batch!.Executed - _turnStart;
        _turnStart = -1;
    }

    /// <summary>Counts commands that are no requests of their own as executed, or requests that have executed nothing as none.</summary>
    public void CountCommands(int number) => _commands += number;

    /// <summary>Closes the connection soon and drops what waits to be sent. What the client waits for is for others.</summary>
    public void Doom()
    {
        IsDoomed = true;
        Engine.ClientMemory.Forget(this);
        Engine.Blocked.Release(this);
        Reply.Cut();
        Outbox?.Clear();
        if (!IsOnEngineThread)
        {
            Connection?.Close();
            return;
        }
        Output.Clear();
        CloseAfterOutput = true;
        if (!IsWithEngine) Connection?.Close();
    }

    /// <inheritdoc/>
    bool IOutputGuard.MayGrow() => !Engine.OutputLimits.MayExceed(this) || Engine.OutputLimits.Check(this);

    /// <summary>Closes the connection soon; for everybody else the client is gone now.</summary>
    public void Expel()
    {
        Doom();
        Engine.Clients.Remove(this);
        OnClosed();
    }

    /// <summary>Gives up what the connection held, which is gone.</summary>
    public void OnClosed()
    {
        IsDoomed = true;
        Engine.ClientMemory.Forget(this);
        CloseTransaction();
        Engine.Blocked.Release(this);
        Engine.Ldap.Forget(this);
        Engine.Pause.Forget(this);
        Engine.PubSub.Forget(this);
        Engine.Tracking.Disable(this);
        Engine.Monitors.Remove(this);
        Outbox?.Clear();
    }

    /// <summary>The command whose reply was not wanted is over.</summary>
    public void EndSilence()
    {
        if (Silence == Silence.Now) Silence = Silence.None;
    }

    /// <summary>Finds out again whether commands of the client simply run.</summary>
    public void UpdateRunsPlainly()
    {
        bool isPlain = !MustLogIn && !IsInTransaction && !LeavesNoTrace && !ListensOnly
            && Silence is Silence.None or Silence.Always && Tracking is not { FollowsReads: true } && !Engine.Pause.IsActive;
        RunsPlainly = isPlain && !IsRestricted;
        RunsIfPermitted = isPlain && IsRestricted;
    }

    /// <summary>Makes somebody the client's user.</summary>
    public void SetUser(AclUser? user, bool isAuthenticated)
    {
        User = user;
        IsAuthenticated = isAuthenticated;
        WasAuthenticated |= isAuthenticated;
        UpdateRunsPlainly();
    }

    /// <summary>Puts the connection back into the state in which it began.</summary>
    public void Reset()
    {
        CloseTransaction();
        Engine.PubSub.Forget(this);
        Engine.Tracking.Disable(this);
        Engine.Monitors.Remove(this);
        Db = Engine.Databases[0];
        Name = [];
        // What was to go unanswered goes unanswered, be it this.
        if (Silence != Silence.Now) Silence = Silence.None;
        LeavesNoTrace = IsKept = IsReadOnly = false;
        Reply.IsResp3 = false;
        SetUser(Engine.Users.Default, !Engine.RequiresLogin);
    }

    /// <summary>Frees what executed requests took; call when the batch was executed to its end.</summary>
    public void RecycleBatch()
    {
        CommandBatch batch = Batch!;
        if (batch.Count > 0) Input!.ConsumeTo(batch[batch.Count - 1].InputEnd);
        batch.Recycle();
    }

    /// <inheritdoc/>
    public override void ReleaseIdleInput()
    {
        bool closed = Connection is null;
        if (Batch is { } batch && (closed || batch.IsEmpty))
        {
            ((SessionResources)Pool).Return(batch);
            Batch = null;
        }
        if (Input is { } input && (closed || (Batch is null && _parser.Position >= input.End)))
        {
            Pool.Return(input);
            Input = null;
            _parser.OnInputReleased();
        }
        if (Engine.ClientMemory.IsCounting && IsOnEngineThread) Engine.ClientMemory.Count(this);
    }

    /// <summary>Looks the command up and hashes its first key, so that the engine can prefetch.</summary>
    private void Resolve(CommandBatch batch, ref ParsedCommand command, InputBuffer input)
    {
        batch.Bind(input);
        ReadOnlySpan<byte> name = batch.ArgumentSpan(command.FirstArgument);
        int id = Engine.CommandNames.Lookup(name);
        // What the engine itself has written into its file has the names that commands were declared with.
        if (id < 0 && Id == 0) id = CommandTable.Lookup(name);
        if (id >= 0 && command.ArgumentCount > 1 && CommandTable.SubcommandCount[id] != 0)
        {
            int sub = CommandTable.LookupSubcommand(id, batch.ArgumentSpan(command.FirstArgument + 1));
            if (sub >= 0) id = sub;
        }
        command.CommandId = id;
        command.HashedArgument = 0;
        if (id < 0) return;
        int firstKey = CommandTable.FirstKey[id];
        if (firstKey == 0 || firstKey >= command.ArgumentCount) return;
        command.HashedArgument = firstKey;
        batch.NamesStructures |= CommandTable.UsesStructure[id] != 0;
        batch.NamesElements |= CommandTable.Element[id] != 0;
        command.KeyHash = _hasher.Hash(batch.ArgumentSpan(command.FirstArgument + firstKey));
    }

    private void Compact(InputBuffer input)
    {
        if (Batch is { Count: > 0 }) return;
        // Arguments of a request that is still arriving stay where they are relative to each other.
        long distance = input.Compact();
        _parser.Rebase(distance);
        Batch?.Rebase(distance);
    }
}
