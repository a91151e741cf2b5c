using System.Net.Sockets;

namespace Sigrun;

/// <summary>Whether the name of a Unix socket can be had without taking it away from somebody.</summary>
internal static class SocketName
{
    /// <summary>What opening a socket like a file ends with, on Linux and elsewhere (ENXIO, EOPNOTSUPP).</summary>
    private const int NoSuchDevice = 6;
    private const int NotSupported = 102;

    /// <summary>Why a name cannot be had; null when it can.</summary>
    public static string? Obstacle(string path)
    {
        try
        {
            // For both, since a pipe would wait for a writer.
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (IOException fault) when (fault.HResult is NoSuchDevice or NotSupported)
        {
            return IsAcceptedOn(path) ? "Address already in use" : null;
        }
        catch (IOException fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }
        return "the file is no socket";
    }

    private static bool IsAcceptedOn(string path)
    {
        // One that has no room for more connections makes others wait.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException fault)
        {
            return fault.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }
}
