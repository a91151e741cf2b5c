using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sigrun.Storage.Buffers;

namespace Sigrun.Protocol;

/// <summary>One parsed request: a range of the batch's arguments, and what the session resolved about it.</summary>
public struct ParsedCommand
{
    /// <summary>Index of the first argument (the command's name) in the batch.</summary>
    public int FirstArgument;

    /// <summary>Arguments, the name included; at least 1.</summary>
    public int ArgumentCount;

    /// <summary>Identifier from the command table, or −1 when the name is unknown. Set by the session.</summary>
    public int CommandId;

    /// <summary>Which argument <see cref="KeyHash"/> belongs to; 0 when none was hashed. Set by the session.</summary>
    public int HashedArgument;

    /// <summary>Hash of the argument that the session prefetched. Set by the session.</summary>
    public ulong KeyHash;

    /// <summary>Hash of an element of the key's value that is being prefetched; 0 for none. Set by the executor.</summary>
    public ulong ElementHash;

    /// <summary>Offset in the input behind this request's last byte.</summary>
    public long InputEnd;

    /// <summary>Sum of the arguments' lengths, in bytes.</summary>
    public long ArgumentBytes;
}

/// <summary>
/// Requests parsed from one connection's input and not yet executed, plus the arguments of a request
/// that is still arriving.
/// </summary>
/// <remarks>
/// Two flat off-heap arrays, commands and arguments, so that parsing allocates nothing and the stages
/// after it (hash, prefetch, execute) run over plain memory. Arguments are offsets into the input
/// buffer, since that buffer may move while a request is incomplete; <see cref="Bind"/> fixes the
/// address for execution.
/// </remarks>
public sealed unsafe class CommandBatch : IDisposable
{
    /// <summary>Requests that one batch holds at most.</summary>
    public const int CommandsMax = 256;

    private const int InitialArguments = 1024;

    private readonly ParsedCommand* _commands;
    private Argument* _arguments;
    private int _argumentCapacity;
    private byte* _base;

    /// <summary>Creates an empty batch.</summary>
    public CommandBatch()
    {
        _commands = (ParsedCommand*)NativeMemory.Alloc(CommandsMax, (nuint)sizeof(ParsedCommand));
        _arguments = (Argument*)NativeMemory.Alloc(InitialArguments, (nuint)sizeof(Argument));
        _argumentCapacity = InitialArguments;
    }

    /// <summary>Releases the arrays if <see cref="Dispose"/> was not called.</summary>
    ~CommandBatch() => Release();

    private struct Argument
    {
        public long Offset;
        public int Length;
    }

    /// <summary>Complete requests.</summary>
    public int Count { get; private set; }

    /// <summary>Requests that were executed; the next one has this index.</summary>
    public int Executed { get; set; }

    /// <summary>Whether a request names a value that is no string. Set by the session.</summary>
    public bool NamesStructures { get; set; }

    /// <summary>Whether a request names an element of such a value. Set by the session.</summary>
    public bool NamesElements { get; set; }

    /// <summary>The protocol error that follows the last complete request, or null.</summary>
    public ProtocolError? Error { get; set; }

    /// <summary>Arguments stored, those of an incomplete request included.</summary>
    public int ArgumentCount { get; private set; }

    /// <summary>First argument of the incomplete request.</summary>
    public int OpenArgument { get; private set; }

    /// <summary>True when a request has arrived in part.</summary>
    public bool HasOpenRequest => ArgumentCount > OpenArgument;

    /// <summary>True when neither requests nor parts of one are held.</summary>
    public bool IsEmpty => Executed == Count && !HasOpenRequest && Error is null;

    /// <summary>A complete request.</summary>
    public ref ParsedCommand this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _commands[index];
    }

    /// <summary>Fixes the address of the input for <see cref="ArgumentSpan"/>; call before executing.</summary>
    public void Bind(InputBuffer input) => _base = input.Data;

    /// <summary>The bytes of an argument; valid until the input buffer is next received into.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ArgumentSpan(int index)
    {
        Argument* argument = _arguments + index;
        return new ReadOnlySpan<byte>(_base + argument->Offset, argument->Length);
    }

    /// <summary>Adds an argument to the request that is being parsed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddArgument(long offset, int length)
    {
        if (ArgumentCount == _argumentCapacity) GrowArguments();
        Argument* argument = _arguments + ArgumentCount++;
        argument->Offset = offset;
        argument->Length = length;
    }

    /// <summary>Ends the request that is being parsed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CompleteRequest(long inputEnd, long argumentBytes)
    {
        ParsedCommand* command = _commands + Count++;
        command->FirstArgument = OpenArgument;
        command->ArgumentCount = ArgumentCount - OpenArgument;
        command->InputEnd = inputEnd;
        command->ArgumentBytes = argumentBytes;
        OpenArgument = ArgumentCount;
    }

    /// <summary>Forgets executed requests, keeping the arguments of an incomplete one.</summary>
    public void Recycle()
    {
        int open = ArgumentCount - OpenArgument;
        if (open > 0 && OpenArgument > 0)
        {
            Buffer.MemoryCopy(_arguments + OpenArgument, _arguments, _argumentCapacity * (long)sizeof(Argument), open * (long)sizeof(Argument));
        }
        ArgumentCount = open;
        OpenArgument = 0;
        Count = Executed = 0;
        NamesStructures = NamesElements = false;
        if (_argumentCapacity > InitialArguments && open <= InitialArguments) ShrinkArguments();
    }

    /// <summary>Forgets the arguments of the incomplete request.</summary>
    public void DropOpenRequest() => ArgumentCount = OpenArgument;

    /// <summary>Forgets the last complete request; there must be no incomplete one.</summary>
    public void DropLast() => ArgumentCount = OpenArgument = _commands[--Count].FirstArgument;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        OpenArgument = ArgumentCount;
        Error = null;
        Recycle();
    }

    /// <summary>Corrects the offsets of the incomplete request after the input moved down by <paramref name="distance"/>.</summary>
    public void Rebase(long distance)
    {
        for (int i = OpenArgument; i < ArgumentCount; i++) _arguments[i].Offset -= distance;
    }

    /// <summary>Releases the arrays.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void GrowArguments()
    {
        int capacity = checked(_argumentCapacity * 2);
        _arguments = (Argument*)NativeMemory.Realloc(_arguments, (nuint)capacity * (nuint)sizeof(Argument));
        _argumentCapacity = capacity;
    }

    private void ShrinkArguments()
    {
        _arguments = (Argument*)NativeMemory.Realloc(_arguments, (nuint)(InitialArguments * sizeof(Argument)));
        _argumentCapacity = InitialArguments;
    }

    private void Release()
    {
        NativeMemory.Free(_commands);
        NativeMemory.Free(_arguments);
    }
}
