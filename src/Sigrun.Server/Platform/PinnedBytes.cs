using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sigrun.Server.Platform;

/// <summary>Bytes that do not move, for the C library to read and write. They stay until the process ends.</summary>
internal sealed class PinnedBytes
{
    private readonly byte[] _bytes;

    /// <summary>Pins so many bytes.</summary>
    public PinnedBytes(int length)
    {
        _bytes = new byte[length];
        Address = GCHandle.Alloc(_bytes, GCHandleType.Pinned).AddrOfPinnedObject();
    }

    /// <summary>Where they are.</summary>
    public nint Address { get; }

    /// <summary>The bytes.</summary>
    public Span<byte> Span => _bytes;

    /// <summary>One of the eight-byte numbers they are made of.</summary>
    public long this[int index]
    {
        get => BinaryPrimitives.ReadInt64LittleEndian(Span[(index * sizeof(long))..]);
        set => BinaryPrimitives.WriteInt64LittleEndian(Span[(index * sizeof(long))..], value);
    }
}
