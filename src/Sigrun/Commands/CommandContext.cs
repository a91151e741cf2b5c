using System.Runtime.CompilerServices;
using Sigrun.Blocking;
using Sigrun.Clients;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>A running command, as its handler sees it: its arguments, the database it was given, and its reply.</summary>
/// <remarks>
/// One object per engine, pointed at one request after the other, so that running a command allocates
/// nothing. Spans it hands out are valid until the handler returns; they never alias stored bytes.
/// </remarks>
internal sealed class CommandContext : IArgumentSource
{
    private CommandBatch _batch = null!;
    private int _first;
    private int _hashedArgument;
    private ulong _keyHash;
    private ulong _redacted;
    private bool _hasWritten;
    private List<(int Index, byte[] Argument)>? _replacedArguments;

    /// <summary>Creates the context of an engine.</summary>
    public CommandContext(Engine engine) => Engine = engine;

    /// <summary>The engine that runs the command.</summary>
    public Engine Engine { get; }

    /// <summary>The client that sent the command.</summary>
    public ClientSession Client { get; private set; } = null!;

    /// <summary>The database that the client has selected.</summary>
    public Database Db { get; private set; } = null!;

    /// <summary>Where the reply goes.</summary>
    public ReplyWriter Reply { get; private set; } = null!;

    /// <summary>The command's id in <see cref="CommandTable"/>.</summary>
    public int CommandId { get; private set; }

    /// <inheritdoc/>
    public int ArgCount { get; private set; }

    /// <summary>How many bytes the arguments have together.</summary>
    public long ArgBytes { get; private set; }

    /// <summary>The engine's clock, fixed for this command: milliseconds since 1970.</summary>
    public long NowMs => Engine.NowMs;

    /// <summary>The time up to which fields of hashes have expired: to the source of an import none has.</summary>
    public long FieldsNowMs => Engine.IsExecutingImport ? long.MinValue : NowMs;

    /// <summary>True once the command has changed stored data; from then on it must not fail.</summary>
    public bool HasWritten
    {
        get => _hasWritten;
        set => _hasWritten = value;
    }

    /// <summary><see cref="HasWritten"/> for those who note a change where they make it.</summary>
    internal ref bool WrittenFlag => ref _hasWritten;

    /// <summary>True when the command has said itself what its effects are, or that it has none.</summary>
    public bool EffectsReplaced { get; private set; }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Arg(int index) => _batch.ArgumentSpan(_first + index);

    /// <summary>An argument as a key, hashed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyRef Key(int index)
    {
        ReadOnlySpan<byte> bytes = Arg(index);
        return new KeyRef(bytes, index == _hashedArgument ? _keyHash : Engine.Hasher.Hash(bytes));
    }

    /// <summary>Whether an argument is this word, in any case.</summary>
    public bool ArgIs(int index, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(Arg(index), word);

    /// <summary>Replies an error; false, for those who say so by their result.</summary>
    public bool Refuse(ReadOnlySpan<byte> error)
    {
        Reply.Error(error);
        return false;
    }

    /// <summary>Points the context at a client.</summary>
    /// <param name="client">The client.</param>
    /// <param name="batch">Where its request is.</param>
    public void Enter(ClientSession client, CommandBatch batch)
    {
        Client = client;
        Reply = client.Reply;
        Db = client.Db;
        _batch = batch;
    }

    /// <summary>Points the context at one request of the client it was pointed at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bind(in ParsedCommand command)
    {
        _first = command.FirstArgument;
        ArgCount = command.ArgumentCount;
        ArgBytes = command.ArgumentBytes;
        CommandId = command.CommandId;
        _hashedArgument = command.HashedArgument == 0 ? -1 : command.HashedArgument;
        _keyHash = command.KeyHash;
        HasWritten = false;
        EffectsReplaced = false;
        _redacted = 0;
        _replacedArguments?.Clear();
    }

    /// <summary>The argument that <see cref="Key"/> need not hash, −1 for none.</summary>
    public int HashedArgument => _hashedArgument;

    /// <summary>The hash of that argument.</summary>
    public ulong KeyHash => _keyHash;

    /// <summary>Whether the command may make its client wait: not within a transaction.</summary>
    public bool MayBlock => !Engine.Executor.IsInTransaction && !Engine.IsReplaying;

    /// <summary>Reads how long to wait; replies the error and returns false when that is no time.</summary>
    /// <param name="index">The argument.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="timeoutMs">Milliseconds, 0 for without end.</param>
    public bool TryReadTimeout(int index, TimeoutUnit unit, out long timeoutMs) =>
        TimeoutArgument.TryRead(this, index, unit, out timeoutMs);

    /// <summary>
    /// Makes the client wait until one of the keys holds a value of that type, and then runs the command again,
    /// with the same arguments. Where waiting is not allowed, the reply is the one for having waited in vain.
    /// </summary>
    /// <param name="type">The type.</param>
    /// <param name="firstKey">The first argument that is a key.</param>
    /// <param name="keyCount">How many keys there are.</param>
    /// <param name="timeoutMs">How long to wait, 0 for without end; a command that runs again keeps its first deadline.</param>
    /// <param name="timeoutReply">The reply when the time is over.</param>
    /// <param name="wakeOnRemoval">Whether to run again also when a key goes or changes its type.</param>
    public void Block(EntryType type, int firstKey, int keyCount, long timeoutMs, BlockedReply timeoutReply, bool wakeOnRemoval = false)
    {
        if (!MayBlock)
        {
            BlockedClients.WriteTimeout(Client, timeoutReply);
            return;
        }
        ClientWait wait = Client.Wait ??= new ClientWait();
        if (!Engine.Executor.IsRerunning)
        {
            wait.Request.Clear();
            wait.Request.Add(this);
            wait.DeadlineMs = timeoutMs == 0 ? 0 : NowMs + timeoutMs;
            wait.TimeoutReply = timeoutReply;
            wait.StartedNs = Engine.MonotonicNs;
        }
        Engine.Blocked.Block(this, type, firstKey, keyCount, wakeOnRemoval);
    }

    /// <summary>Replaces an argument for when the command, which is about to block, runs again.</summary>
    public void ReplaceArgument(int index, ReadOnlySpan<byte> argument)
    {
        if (Engine.Executor.IsRerunning) return;
        _replacedArguments ??= [];
        _replacedArguments.Add((index, argument.ToArray()));
    }

    /// <summary>An argument as it will be when the command runs again.</summary>
    public ReadOnlySpan<byte> ArgForRerun(int index)
    {
        if (_replacedArguments is { Count: > 0 } replaced)
        {
            foreach ((int at, byte[] argument) in replaced)
            {
                if (at == index) return argument;
            }
        }
        return Arg(index);
    }

    /// <summary>Keeps an argument, such as a password, out of logs.</summary>
    public void Redact(int index) => _redacted |= 1UL << Math.Min(index, 63);

    /// <summary>Whether an argument must not appear in logs.</summary>
    public bool IsRedacted(int index) => (_redacted >> Math.Min(index, 63) & 1) != 0;

    /// <summary>Makes another database the client's.</summary>
    public void Select(Database db)
    {
        Client.Db = db;
        Db = db;
    }

    /// <summary>
    /// States the command's effects in place of the command as it came; several calls state several.
    /// Costs nothing while nobody reads effects.
    /// </summary>
    public EffectBuilder ReplaceEffects()
    {
        EffectsReplaced = true;
        return Engine.Effects.Begin(Db.Index);
    }

    /// <summary>States that the command has no effect to pass on although it changed something.</summary>
    public void SuppressEffects() => EffectsReplaced = true;
}
