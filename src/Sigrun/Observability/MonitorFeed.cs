using System.Globalization;
using System.Text;
using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage.Buffers;

namespace Sigrun.Observability;

/// <summary>MONITOR: tells some clients of every command that runs.</summary>
/// <remarks>
/// While somebody listens, commands take the way on which everything is checked, so that nobody pays for it otherwise. The
/// line is laid out once for all listeners. Commands of administrators and some others are left out, and so are secrets.
/// </remarks>
internal sealed class MonitorFeed(Engine engine) : IDisposable
{
    private readonly List<ClientSession> _listeners = [];
    private readonly SharedOutput _output = new();

    /// <summary>Whether somebody listens.</summary>
    public bool IsActive => _listeners.Count > 0;

    /// <summary>Makes a client listen.</summary>
    public void Add(ClientSession client)
    {
        if (client.IsMonitor) return;
        client.IsMonitor = true;
        _listeners.Add(client);
        engine.UpdateGate();
    }

    /// <summary>A client listens no longer.</summary>
    public void Remove(ClientSession client)
    {
        if (!client.IsMonitor) return;
        client.IsMonitor = false;
        _listeners.Remove(client);
        engine.UpdateGate();
    }

    /// <summary>Tells of a command that has just run.</summary>
    public void Feed(CommandContext command)
    {
        if ((new CommandInfo(command.CommandId).Flags & (CommandFlags.SkipMonitor | CommandFlags.Admin)) != 0) return;
        SharedRange line = LayOut(command);
        for (int i = 0; i < _listeners.Count; i++) engine.Pushes.Send(_listeners[i], line);
    }

    /// <summary>Releases buffers.</summary>
    public void Dispose() => _output.Dispose();

    private SharedRange LayOut(CommandContext command)
    {
        byte[] head = Encoding.Latin1.GetBytes(Head(command));
        long length = head.Length + 2;
        for (int i = 0; i < command.ArgCount; i++) length += 1 + QuotedText.Length(ArgumentOf(command, i));
        int bytes = checked((int)length);
        Span<byte> target = BulkText.Copy(_output.Begin(bytes), head);
        for (int i = 0; i < command.ArgCount; i++)
        {
            target[0] = (byte)' ';
            target = QuotedText.Write(target[1..], ArgumentOf(command, i));
        }
        BulkText.Copy(target, "\r\n"u8);
        return _output.End(bytes);
    }

    private string Head(CommandContext command)
    {
        long now = engine.ReadUnixMicroseconds();
        return string.Create(CultureInfo.InvariantCulture,
            $"+{now / 1_000_000}.{now % 1_000_000:D6} [{command.Client.Db.Index} {Origin(command.Client)}]");
    }

    private string Origin(ClientSession client) =>
        client.Connection is { IsUnix: true } ? "unix:" + engine.Settings.Network.UnixSocket : ClientReport.Address(client);

    private static ReadOnlySpan<byte> ArgumentOf(CommandContext command, int index) =>
        command.IsRedacted(index) ? "(redacted)"u8 : command.Arg(index);
}
