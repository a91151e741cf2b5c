using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Server.Platform;
using Sigrun.Storage.Files;

namespace Sigrun.Server;

/// <summary>The limit on open files, which bounds the number of clients.</summary>
/// <remarks>The runtime has already raised the limit to the highest one allowed by the time any code runs.</remarks>
internal static class OpenFiles
{
    /// <summary>What Valkey keeps for itself.</summary>
    private const int ReservedForServer = 32;

    /// <summary>What the runtime holds open, more than that has room for.</summary>
    private static readonly int ReservedForRuntime = SystemReport.Numbers("/proc/self/fd"u8).Count;

    private static int Reserved => ReservedForServer + ReservedForRuntime;

    private const ulong DefaultLimit = 1024;

    /// <summary>Lowers <c>maxclients</c> to what the limit allows; false when that is nothing.</summary>
    public static bool Fit(NetworkSettings settings, ServerLog log)
    {
        ulong wanted = settings.MaxClients + (ulong)Reserved;
        ulong limit = Limit();
        if (limit >= wanted) return true;
        if (limit <= (ulong)Reserved)
        {
            log.Warning($"Your current 'ulimit -n' of {limit} is not enough for the server to start. Please increase your open file"
                + $" limit to at least {wanted}. Exiting.");
            return false;
        }

        uint reduced = (uint)(limit - (ulong)Reserved);
        log.Warning($"You requested maxclients of {settings.MaxClients} requiring at least {wanted} max file descriptors.");
        log.Warning($"Server can't set maximum open files to {wanted} because of OS error: Operation not permitted.");
        log.Warning($"Current maximum open files is {limit}. maxclients has been reduced to {reduced} to compensate for low ulimit. "
            + "If you need higher maxclients increase 'ulimit -n'.");
        settings.MaxClients = reduced;
        return true;
    }

    /// <summary>Says why the clients that CONFIG SET asked for cannot be served; null when they can.</summary>
    public static string? Apply(NetworkSettings settings, ServerLog log)
    {
        uint wanted = settings.MaxClients;
        return Fit(settings, log) && settings.MaxClients == wanted
            ? null
            : "The operating system is not able to handle the specified number of clients, try with "
                + ((int)settings.MaxClients).ToString(CultureInfo.InvariantCulture);
    }

    private static ulong Limit()
    {
        PinnedBytes limits = new(2 * sizeof(long));
        return Libc.GetLimit(Libc.OpenFilesLimit, limits.Address) == 0 ? (ulong)limits[0] : DefaultLimit;
    }
}
