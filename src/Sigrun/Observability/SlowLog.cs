using System.Text;
using Sigrun.Commands;

namespace Sigrun.Observability;

/// <summary>A command that took long.</summary>
/// <param name="Id">Rising from 0.</param>
/// <param name="UnixSeconds">When it ran.</param>
/// <param name="Microseconds">How long it took.</param>
/// <param name="Arguments">Its arguments, shortened.</param>
/// <param name="ClientAddress">Who sent it.</param>
/// <param name="ClientName">The name the client gave itself.</param>
internal sealed record SlowLogEntry(long Id, long UnixSeconds, long Microseconds, byte[][] Arguments, string ClientAddress, byte[] ClientName);

/// <summary>The most recent commands that took longer than a threshold.</summary>
internal sealed class SlowLog
{
    private const int ArgumentsMax = 32;
    private const int ArgumentBytesMax = 128;

    private readonly LinkedList<SlowLogEntry> _entries = new();
    private long _nextId;

    /// <summary>Commands from this duration on are logged; negative logs none, 0 all.</summary>
    public long ThresholdMicroseconds { get; set; } = 10_000;

    /// <summary>Entries kept.</summary>
    public long LengthMax { get; set; } = 128;

    /// <summary>Entries held.</summary>
    public int Count => _entries.Count;

    /// <summary>The entries, newest first.</summary>
    public IEnumerable<SlowLogEntry> Entries => _entries;

    /// <summary>Whether a duration is to be logged.</summary>
    public bool IsSlow(long nanoseconds) => ThresholdMicroseconds >= 0 && nanoseconds >= ThresholdMicroseconds * 1000;

    /// <summary>Logs the command that has just run.</summary>
    public void Add(CommandContext command, long nanoseconds, long unixMs)
    {
        if (command.CommandId >= 0 && (new CommandInfo(command.CommandId).Flags & CommandFlags.SkipCommandLog) != 0) return;
        string address = command.Client.Connection?.RemoteAddress ?? "";
        _entries.AddFirst(new SlowLogEntry(_nextId++, unixMs / 1000, nanoseconds / 1000, Shorten(command), address, command.Client.Name));
        Trim();
    }

    /// <summary>Drops entries beyond the allowed number.</summary>
    public void Trim()
    {
        while (_entries.Count > LengthMax) _entries.RemoveLast();
    }

    /// <summary>Drops all entries.</summary>
    public void Clear() => _entries.Clear();

    private static byte[][] Shorten(CommandContext command)
    {
        int count = Math.Min(command.ArgCount, ArgumentsMax);
        var arguments = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            bool isRest = i == ArgumentsMax - 1 && command.ArgCount > ArgumentsMax;
            arguments[i] = isRest
                ? Encoding.ASCII.GetBytes($"... ({command.ArgCount - ArgumentsMax + 1} more arguments)")
                : command.IsRedacted(i) ? "(redacted)"u8.ToArray()
                : Shorten(command.Arg(i));
        }
        return arguments;
    }

    private static byte[] Shorten(ReadOnlySpan<byte> argument) => argument.Length <= ArgumentBytesMax
        ? argument.ToArray()
        : [.. argument[..ArgumentBytesMax], .. Encoding.ASCII.GetBytes($"... ({argument.Length - ArgumentBytesMax} more bytes)")];
}
