using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>Someone who must know every change in canonical form: an append-only file, a replica, a test.</summary>
/// <remarks>
/// Effects arrive at the end of the unit that made them, which is a command, a transaction, or what expired in between.
/// A unit of several effects is to be applied whole: its reader puts MULTI and EXEC around it. Readers add their own SELECT.
/// </remarks>
internal interface IEffectReader
{
    /// <summary>One effect, as the request that reproduces it.</summary>
    /// <param name="database">The database it applies to.</param>
    /// <param name="arguments">The request's arguments; valid during the call.</param>
    void OnEffect(int database, in EffectArguments arguments);

    /// <summary>The effects that follow, up to <see cref="OnUnitEnd"/>, belong together.</summary>
    void OnUnitStart()
    {
    }

    /// <summary>The last effect of the unit was passed on.</summary>
    void OnUnitEnd()
    {
    }
}

/// <summary>Where an argument lies in the log's bytes.</summary>
internal readonly record struct EffectArgument(int Start, int Length);

/// <summary>The arguments of one effect.</summary>
internal readonly ref struct EffectArguments(ReadOnlySpan<byte> bytes, ReadOnlySpan<EffectArgument> arguments, ReadOnlySpan<byte> encoded)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ReadOnlySpan<EffectArgument> _arguments = arguments;

    /// <summary>The number of arguments, the command's name included.</summary>
    public int Count => _arguments.Length;

    /// <summary>The whole effect as a request of the protocol.</summary>
    public ReadOnlySpan<byte> Encoded { get; } = encoded;

    /// <summary>One argument.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.Slice(_arguments[index].Start, _arguments[index].Length);
}

/// <summary>
/// The canonical effects of writes: an expiry as an absolute time, a conditional write as the write that
/// happened, a key that expired as its deletion.
/// </summary>
/// <remarks>
/// An effect is put together once, as the bytes of a request, in one reused buffer, and only while someone reads
/// effects. It waits there until its unit ends, since only then it is known whether it stands alone. By default a
/// command that changed something is its own effect; handlers replace it where that would not reproduce the change.
/// </remarks>
internal sealed class EffectLog
{
    /// <summary>Room in front of an effect's arguments for the line that counts them.</summary>
    private const int HeaderRoom = 16;

    /// <summary>A unit that took more bytes than this gives its buffer back.</summary>
    private const int KeptBytesMax = 1 << 20;

    private readonly List<IEffectReader> _readers = [];
    private byte[] _bytes = new byte[4096];
    private EffectArgument[] _arguments = new EffectArgument[64];
    private Effect[] _effects = new Effect[16];
    private int _length;
    private int _argumentCount;
    private int _effectCount;
    private int _start;
    private int _firstArgument;

    private record struct Effect(int Database, int Start, int End, int FirstArgument, int ArgumentCount);

    /// <summary>True while someone reads effects.</summary>
    public bool IsActive => _readers.Count > 0;

    /// <summary>True when the unit under way has effects.</summary>
    public bool HasPending => _effectCount > 0;

    /// <summary>Starts passing effects to a reader.</summary>
    public void Add(IEffectReader reader) => _readers.Add(reader);

    /// <summary>Stops passing effects to a reader.</summary>
    public void Remove(IEffectReader reader) => _readers.Remove(reader);

    /// <summary>Starts an effect; the result does nothing while nobody reads. One that was not emitted is forgotten.</summary>
    public EffectBuilder Begin(int database)
    {
        if (!IsActive) return new EffectBuilder(null, database);
        ForgetUnfinished();
        _start = _length;
        _firstArgument = _argumentCount;
        Reserve(HeaderRoom);
        _length += HeaderRoom;
        return new EffectBuilder(this, database);
    }

    /// <summary>Passes a command on as it came.</summary>
    public void Verbatim(int database, CommandContext command)
    {
        if (!IsActive) return;
        Begin(database);
        for (int i = 0; i < command.ArgCount; i++) Append(command.Arg(i));
        Emit(database);
    }

    /// <summary>Ends a unit: passes its effects on.</summary>
    /// <param name="isLoose">Whether several effects are none the less no whole, as when keys expire that happened to be met.</param>
    public void EndUnit(bool isLoose = false)
    {
        if (_effectCount == 0) return;
        foreach (IEffectReader reader in _readers) PassOn(reader, isWhole: _effectCount > 1 && !isLoose);
        _effectCount = _argumentCount = _length = 0;
        if (_bytes.Length > KeptBytesMax) _bytes = new byte[4096];
    }

    internal void Append(ReadOnlySpan<byte> argument)
    {
        if (_argumentCount == _arguments.Length) Array.Resize(ref _arguments, _argumentCount * 2);
        Reserve(argument.Length + NumberText.Int64Max + 5);
        _bytes[_length++] = (byte)'$';
        _length += NumberText.FormatInt64(_bytes.AsSpan(_length), argument.Length);
        EndLine();
        _arguments[_argumentCount++] = new EffectArgument(_length, argument.Length);
        argument.CopyTo(_bytes.AsSpan(_length));
        _length += argument.Length;
        EndLine();
    }

    internal void Emit(int database)
    {
        int count = _argumentCount - _firstArgument;
        if (_effectCount == _effects.Length) Array.Resize(ref _effects, _effectCount * 2);
        Span<byte> digits = stackalloc byte[NumberText.Int64Max];
        int length = NumberText.FormatInt64(digits, count);
        int start = _start + HeaderRoom - length - 3;
        _bytes[start] = (byte)'*';
        digits[..length].CopyTo(_bytes.AsSpan(start + 1));
        "\r\n"u8.CopyTo(_bytes.AsSpan(start + 1 + length));
        _effects[_effectCount++] = new Effect(database, start, _length, _firstArgument, count);
    }

    private void PassOn(IEffectReader reader, bool isWhole)
    {
        if (isWhole) reader.OnUnitStart();
        foreach (ref readonly Effect effect in _effects.AsSpan(0, _effectCount))
        {
            var arguments = new EffectArguments(_bytes, _arguments.AsSpan(effect.FirstArgument, effect.ArgumentCount), _bytes.AsSpan(effect.Start, effect.End - effect.Start));
            reader.OnEffect(effect.Database, arguments);
        }
        if (isWhole) reader.OnUnitEnd();
    }

    private void ForgetUnfinished()
    {
        Effect last = _effectCount == 0 ? default : _effects[_effectCount - 1];
        _length = last.End;
        _argumentCount = last.FirstArgument + last.ArgumentCount;
    }

    private void EndLine()
    {
        _bytes[_length++] = (byte)'\r';
        _bytes[_length++] = (byte)'\n';
    }

    private void Reserve(int bytes)
    {
        if (_bytes.Length - _length >= bytes) return;
        Array.Resize(ref _bytes, (int)Math.Min(Math.Max(_bytes.Length * 2L, (long)_length + bytes), Array.MaxLength));
    }
}

/// <summary>Puts one effect together.</summary>
internal readonly ref struct EffectBuilder(EffectLog? log, int database)
{
    private readonly EffectLog? _log = log;
    private readonly int _database = database;

    /// <summary>Adds an argument.</summary>
    public EffectBuilder Add(ReadOnlySpan<byte> argument)
    {
        _log?.Append(argument);
        return this;
    }

    /// <summary>Adds a number as an argument.</summary>
    public EffectBuilder Add(long number)
    {
        if (_log is null) return this;
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        _log.Append(text[..NumberText.FormatInt64(text, number)]);
        return this;
    }

    /// <summary>Ends the effect, which readers get when its unit ends.</summary>
    public void Emit() => _log?.Emit(_database);
}
