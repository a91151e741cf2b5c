using System.Text;
using Sigrun.Configuration;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>syslog-enabled: the lines of the log go to the system's log too, which has times and names of its own.</summary>
internal sealed class SystemLog
{
    private const int WithProcessId = 0x01, Immediately = 0x08, WithoutWaiting = 0x10;
    private const int User = 1, Local0 = 16;
    private const int FacilityShift = 3;

    /// <summary>The priorities of debug, verbose, notice and warning.</summary>
    private static readonly int[] Priorities = [7, 6, 5, 4];

    private readonly Lock _gate = new();
    private readonly PinnedBytes _format = Terminated("%s"u8);
    private PinnedBytes _message = new(1024);

    /// <summary>Opens the system's log.</summary>
    public SystemLog(ObservabilitySettings settings)
    {
        int facility = settings.SyslogFacility == SyslogFacility.User ? User : Local0 + (settings.SyslogFacility - SyslogFacility.Local0);
        Libc.OpenLog(Terminated(ConfigText.ToBytes(settings.SyslogIdent ?? "")).Address, WithProcessId | Immediately | WithoutWaiting, facility << FacilityShift);
    }

    /// <summary>Writes one message.</summary>
    public void Write(LogLevel level, string message)
    {
        if ((int)level >= Priorities.Length) return;
        lock (_gate)
        {
            int most = Encoding.UTF8.GetMaxByteCount(message.Length) + 1;
            if (most > _message.Span.Length) _message = new PinnedBytes(2 * most);
            int length = Encoding.UTF8.GetBytes(message, _message.Span);
            _message.Span[length] = 0;
            Libc.Log(Priorities[(int)level], _format.Address, _message.Address);
        }
    }

    private static PinnedBytes Terminated(ReadOnlySpan<byte> text)
    {
        PinnedBytes bytes = new(text.Length + 1);
        text.CopyTo(bytes.Span);
        return bytes;
    }
}
