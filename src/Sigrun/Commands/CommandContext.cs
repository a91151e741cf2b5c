using System.Runtime.CompilerServices;
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

    /// <summary>The engine's clock, fixed for this command: milliseconds since 1970.</summary>
    public long NowMs => Engine.NowMs;

    /// <summary>True once the command has changed stored data; from then on it must not fail.</summary>
    public bool HasWritten { get; set; }

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

    /// <summary>Points the context at a client.</summary>
    public void Enter(ClientSession client)
    {
        Client = client;
        Reply = client.Reply;
        Db = client.Db;
        _batch = client.Batch!;
    }

    /// <summary>Points the context at one request of the client it was pointed at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bind(in ParsedCommand command)
    {
        _first = command.FirstArgument;
        ArgCount = command.ArgumentCount;
        CommandId = command.CommandId;
        _hashedArgument = command.HashedArgument == 0 ? -1 : command.HashedArgument;
        _keyHash = command.KeyHash;
        HasWritten = false;
        EffectsReplaced = false;
        _redacted = 0;
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
