using System.Globalization;
using Sigrun.Configuration;

namespace Sigrun.Observability;

/// <summary>What the log shows of a server that starts. Tools wait for some of these lines, so their words are fixed.</summary>
internal static class Banner
{
    /// <summary>The first lines: that the server starts, and where its configuration comes from.</summary>
    /// <param name="log">The log.</param>
    /// <param name="executable">The program as it was called.</param>
    /// <param name="configured">Whether there were any arguments.</param>
    public static void Starting(ServerLog log, string executable, bool configured)
    {
        string pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        log.Notice("oO0OoO0OoO0Oo " + ServerIdentity.Name + " is starting oO0OoO0OoO0Oo");
        log.Notice(ServerIdentity.Name + " version=" + ServerIdentity.Version + ", valkey=" + ServerIdentity.ValkeyVersion
            + ", bits=64, pid=" + pid + ", just started");
        if (configured)
            log.Notice("Configuration loaded");
        else
            log.Warning("Warning: No config file specified, using the default config. In order to specify a config file use "
                + executable + " /path/to/sigrun.conf");
    }

    /// <summary>The picture with the facts beside it, or one line with them.</summary>
    /// <param name="log">The log.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="isTerminal">Whether standard output is a terminal.</param>
    public static void Show(ServerLog log, EngineSettings settings, bool isTerminal)
    {
        ObservabilitySettings observability = settings.Observability;
        string mode = settings.Cluster.Enabled ? "cluster" : "standalone";
        int port = settings.Network.Port != 0 ? settings.Network.Port : settings.Tls.Port;
        string portText = port.ToString(CultureInfo.InvariantCulture);
        bool toTerminal = isTerminal && !observability.SyslogEnabled && observability.LogFile is not { Length: > 0 };
        if (toTerminal || observability.AlwaysShowLogo)
            log.Raw(LogLevel.Notice, Picture(mode, portText));
        else
            log.Notice("Running mode=" + mode + ", port=" + portText + ".");
    }

    private static string Picture(string mode, string port) =>
        @"
          .                 .
         /|                 |\
        / |                 | \
       /  |    .-'''''-.    |  \      " + ServerIdentity.Name + " " + ServerIdentity.Version + " (Valkey " + ServerIdentity.ValkeyVersion + @") 64 bit
      /  /|   /         \   |\  \
     /  / |  /  _     _  \  | \  \    Running in " + mode + @" mode
     \  \ |_|  (_) | (_)  |_| /  /    Port: " + port + @"
      \  \__|      |      |__/  /     PID: " + Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + @"
       \___  \     ^     /  ___/
           \  \  _____  /  /
            \  \ \   / /  /
             '. \ '-' / .'
               '-\   /-'
                  '-'

";
}
