using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>Someone who must know every change in canonical form: an append-only file, a replica, a test.</summary>
internal interface IEffectReader
{
    /// <summary>One effect, as the request that reproduces it.</summary>
    /// <param name="database">The database it applies to.</param>
    /// <param name="arguments">The request's arguments; valid during the call.</param>
    void OnEffect(int database, in EffectArguments arguments);
}

/// <summary>The arguments of one effect.</summary>
internal readonly ref struct EffectArguments(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ReadOnlySpan<int> _ends = ends;

    /// <summary>The number of arguments, the command's name included.</summary>
    public int Count => _ends.Length;

    /// <summary>One argument.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            int start = index == 0 ? 0 : _ends[index - 1];
            return _bytes[start.._ends[index]];
        }
    }
}

/// <summary>
/// The canonical effects of writes: an expiry as an absolute time, a conditional write as the write that
/// happened, a key that expired as its deletion.
/// </summary>
/// <remarks>
/// An effect is put together once, in one reused buffer, and only while someone reads effects. By
/// default a command that changed something is its own effect; handlers replace it where that would not
/// reproduce the change.
/// </remarks>
internal sealed class EffectLog
{
    private readonly List<IEffectReader> _readers = [];
    private byte[] _bytes = new byte[1024];
    private int[] _ends = new int[16];
    private int _length;
    private int _count;

    /// <summary>True while someone reads effects.</summary>
    public bool IsActive => _readers.Count > 0;

    /// <summary>Starts passing effects to a reader.</summary>
    public void Add(IEffectReader reader) => _readers.Add(reader);

    /// <summary>Stops passing effects to a reader.</summary>
    public void Remove(IEffectReader reader) => _readers.Remove(reader);

    /// <summary>Starts an effect; the result does nothing while nobody reads.</summary>
    public EffectBuilder Begin(int database)
    {
        _length = _count = 0;
        return new EffectBuilder(IsActive ? this : null, database);
    }

    /// <summary>Passes a command on as it came.</summary>
    public void Verbatim(int database, CommandContext command)
    {
        if (!IsActive) return;
        EffectBuilder effect = Begin(database);
        for (int i = 0; i < command.ArgCount; i++) effect.Add(command.Arg(i));
        effect.Emit();
    }

    internal void Append(ReadOnlySpan<byte> argument)
    {
        if (_count == _ends.Length) Array.Resize(ref _ends, _count * 2);
        if (_bytes.Length - _length < argument.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + argument.Length));
        argument.CopyTo(_bytes.AsSpan(_length));
        _length += argument.Length;
        _ends[_count++] = _length;
    }

    internal void Emit(int database)
    {
        var arguments = new EffectArguments(_bytes.AsSpan(0, _length), _ends.AsSpan(0, _count));
        foreach (IEffectReader reader in _readers) reader.OnEffect(database, arguments);
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

    /// <summary>Passes the effect to the readers.</summary>
    public void Emit() => _log?.Emit(_database);
}
