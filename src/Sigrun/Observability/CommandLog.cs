using System.Text;
using Sigrun.Commands;

namespace Sigrun.Observability;

/// <summary>A command that was worth remembering.</summary>
/// <param name="Id">Rising from 0.</param>
/// <param name="UnixSeconds">When it ran.</param>
/// <param name="Value">How much there was of what the log is about.</param>
/// <param name="Arguments">Its arguments, shortened.</param>
/// <param name="ClientAddress">Who sent it.</param>
/// <param name="ClientName">The name the client gave itself.</param>
internal sealed record CommandLogEntry(long Id, long UnixSeconds, long Value, byte[][] Arguments, string ClientAddress, byte[] ClientName);

/// <summary>The most recent commands that took longer, or were larger in bytes, than a threshold.</summary>
internal sealed class CommandLog
{
    private readonly LinkedList<CommandLogEntry> _entries = new();
    private long _nextId;

    /// <summary>From where on commands are logged: microseconds, or bytes; negative logs none, 0 all.</summary>
    public long Threshold { get; private set; } = -1;

    /// <summary>Entries kept.</summary>
    public long LengthMax { get; private set; }

    /// <summary>What is logged at least, for a comparison that is false where nothing is.</summary>
    public long Floor { get; private set; } = long.MaxValue;

    /// <summary>Entries held.</summary>
    public int Count => _entries.Count;

    /// <summary>The entries, newest first.</summary>
    public IEnumerable<CommandLogEntry> Entries => _entries;

    /// <summary>Takes over settings.</summary>
    public void Apply(long threshold, long lengthMax)
    {
        Threshold = threshold;
        LengthMax = lengthMax;
        Floor = threshold < 0 || lengthMax == 0 ? long.MaxValue : threshold;
        Trim();
    }

    /// <summary>Logs the command that has just run, if there was enough of it.</summary>
    public void Note(CommandContext command, long value)
    {
        if (value >= Floor) Add(command, value);
    }

    /// <summary>Drops all entries.</summary>
    public void Clear() => _entries.Clear();

    private void Add(CommandContext command, long value)
    {
        if (command.CommandId >= 0 && (new CommandInfo(command.CommandId).Flags & CommandFlags.SkipCommandLog) != 0) return;
        string address = command.Client.Connection?.RemoteAddress ?? "";
        _entries.AddFirst(new CommandLogEntry(_nextId++, command.NowMs / 1000, value, Shorten(command), address, command.Client.Name));
        Trim();
    }

    private void Trim()
    {
        while (_entries.Count > LengthMax) _entries.RemoveLast();
    }

    private static byte[][] Shorten(CommandContext command)
    {
        int argumentsMax = command.Engine.Settings.Redis.SlowLogEntryMaxArguments;
        int bytesMax = (int)Math.Min(command.Engine.Settings.Redis.SlowLogEntryMaxStringBytes, int.MaxValue);
        int count = Math.Min(command.ArgCount, argumentsMax);
        var arguments = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            bool isRest = i == argumentsMax - 1 && command.ArgCount > argumentsMax;
            arguments[i] = isRest
                ? Encoding.ASCII.GetBytes($"... ({command.ArgCount - argumentsMax + 1} more arguments)")
                : command.IsRedacted(i) ? "(redacted)"u8.ToArray()
                : Shorten(command.Arg(i), bytesMax);
        }
        return arguments;
    }

    private static byte[] Shorten(ReadOnlySpan<byte> argument, int bytesMax) => argument.Length <= bytesMax
        ? argument.ToArray()
        : [.. argument[..bytesMax], .. Encoding.ASCII.GetBytes($"... ({argument.Length - bytesMax} more bytes)")];
}
