using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>supervised: tells systemd or upstart, which have started the process, how far it is.</summary>
internal sealed class Supervisor
{
    private const string SystemdSocket = "NOTIFY_SOCKET";
    private const string UpstartJob = "UPSTART_JOB";
    private const int Stop = 19;
    private const byte UnixFamily = 1;
    private const int DatagramOfThisProcess = 2 | 0x80000;
    private const int WithoutSignal = 0x4000;

    private readonly ServerLog _log;
    private readonly SupervisedMode _mode;

    /// <summary>Finds out who has started the process, and tells systemd that it has begun. Under upstart the process stops, and goes on when upstart has noticed.</summary>
    /// <param name="mode">What the configuration says.</param>
    /// <param name="log">The log.</param>
    public Supervisor(SupervisedMode mode, ServerLog log)
    {
        _log = log;
        _mode = mode == SupervisedMode.Auto ? Detect() : mode;
        IsThere = _mode switch
        {
            SupervisedMode.Systemd => AnnounceToSystemd(),
            SupervisedMode.Upstart => AnnounceToUpstart(),
            _ => false,
        };
    }

    /// <summary>Whether somebody has started the process and waits to hear from it.</summary>
    public bool IsThere { get; }

    /// <summary>Who it is, as INFO names it.</summary>
    public string Name => !IsThere ? "no" : _mode == SupervisedMode.Systemd ? "systemd" : "upstart";

    /// <summary>Tells systemd something; does nothing for others.</summary>
    public void Tell(string message)
    {
        if (_mode == SupervisedMode.Systemd) TrySend(message);
    }

    private SupervisedMode Detect()
    {
        if (Environment.GetEnvironmentVariable(UpstartJob) is not null)
        {
            _log.Verbose("Upstart supervision detected.");
            return SupervisedMode.Upstart;
        }
        if (Environment.GetEnvironmentVariable(SystemdSocket) is null) return SupervisedMode.No;
        _log.Verbose("Systemd supervision detected.");
        return SupervisedMode.Systemd;
    }

    private bool AnnounceToSystemd()
    {
        if (!TrySend($"STATUS={ServerIdentity.Name} is loading...\n")) return false;
        _log.Notice("Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in your service unit.");
        return true;
    }

    private bool AnnounceToUpstart()
    {
        if (Environment.GetEnvironmentVariable(UpstartJob) is null)
        {
            _log.Warning("upstart supervision requested, but UPSTART_JOB not found!");
            return false;
        }
        _log.Notice("supervised by upstart, will stop to signal readiness.");
        _ = Libc.SendSignal(Environment.ProcessId, Stop);
        Environment.SetEnvironmentVariable(UpstartJob, null);
        return true;
    }

    private bool TrySend(string message)
    {
        if (Environment.GetEnvironmentVariable(SystemdSocket) is not { Length: > 0 } path)
        {
            _log.Warning("systemd supervision error: NOTIFY_SOCKET not found!");
            return false;
        }
        int error = Send(path, message);
        if (error != 0) _log.Warning($"systemd supervision error: sd_notify: {-error}");
        return error == 0;
    }

    /// <summary>Sends a datagram; returns the number of the error, 0 for none. The class for sockets would not tell that number.</summary>
    private static int Send(string path, string message)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        byte[] text = Encoding.UTF8.GetBytes(message);
        PinnedBytes address = new(sizeof(short) + name.Length);
        address.Span[0] = UnixFamily;
        name.CopyTo(address.Span[sizeof(short)..]);
        // A name that begins with @ has no file.
        if (name[0] == '@') address.Span[sizeof(short)] = 0;
        PinnedBytes bytes = new(text.Length);
        text.CopyTo(bytes.Span);
        int socket = Libc.Socket(UnixFamily, DatagramOfThisProcess, 0);
        if (socket < 0) return Marshal.GetLastSystemError();
        nint sent = Libc.SendTo(socket, bytes.Address, text.Length, WithoutSignal, address.Address, address.Span.Length);
        int error = sent < 0 ? Marshal.GetLastSystemError() : 0;
        _ = Libc.Close(socket);
        return error;
    }
}
