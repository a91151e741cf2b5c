using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Sigrun.Network.Platform;

namespace Sigrun.Network.Epoll;

/// <summary>Socket addresses in the kernel's form.</summary>
internal static class SocketAddress
{
    internal const int SizeMax = 128;

    /// <summary>Writes an IP endpoint; returns its size.</summary>
    internal static int Write(Span<byte> target, IPAddress address, int port)
    {
        target.Clear();
        if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target, LinuxSyscalls.AF_INET);
            BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)port);
            address.TryWriteBytes(target[4..], out _);
            return 16;
        }
        BinaryPrimitives.WriteUInt16LittleEndian(target, LinuxSyscalls.AF_INET6);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)port);
        address.TryWriteBytes(target[8..], out _);
        BinaryPrimitives.WriteUInt32LittleEndian(target[24..], (uint)address.ScopeId);
        return 28;
    }

    /// <summary>Writes the name of a Unix socket; returns its size.</summary>
    internal static int Write(Span<byte> target, ReadOnlySpan<byte> path)
    {
        target.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(target, LinuxSyscalls.AF_UNIX);
        path.CopyTo(target[2..]);
        return 2 + path.Length + 1;
    }

    /// <summary>An IP endpoint as clients are shown it: <c>127.0.0.1:6379</c>, <c>[::1]:6379</c>.</summary>
    internal static string Format(ReadOnlySpan<byte> address)
    {
        int family = BinaryPrimitives.ReadUInt16LittleEndian(address);
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return family == LinuxSyscalls.AF_INET
            ? string.Create(CultureInfo.InvariantCulture, stackalloc char[32], $"{address[4]}.{address[5]}.{address[6]}.{address[7]}:{port}")
            : $"[{new IPAddress(address.Slice(8, 16))}]:{port}";
    }

    /// <summary>The port of an IP endpoint.</summary>
    internal static int Port(ReadOnlySpan<byte> address) => BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
}
