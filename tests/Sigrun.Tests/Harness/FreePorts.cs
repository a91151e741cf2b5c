using System.Net;
using System.Net.Sockets;

namespace Sigrun.Tests.Harness;

/// <summary>Ports for programs that tests start.</summary>
public static class FreePorts
{
    /// <summary>Below the ports that systems give to whoever asks for any, so that nobody else gets one before the program has it.</summary>
    private const int First = 14_000;

    private const int Count = 16_000;

    private static int _taken = Environment.ProcessId * 37 % Count;

    /// <summary>A port nobody listens on, which this process gets once.</summary>
    public static int Take()
    {
        for (int i = 0; i < Count; i++)
        {
            int port = First + (Interlocked.Increment(ref _taken) % Count);
            if (IsFree(port)) return port;
        }
        throw new InvalidOperationException("No port is free.");
    }

    private static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
