using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sigrun.Cli.Platform;

/// <summary>Waits for the server or the user, whoever is first.</summary>
internal static class Waiter
{
    private const int EntryBytes = 8;

    /// <summary>Waits until one of two descriptors can be read, or the time is over.</summary>
    public static (bool First, bool Second) Wait(int first, int second, TimeSpan time)
    {
        byte[] entries = GC.AllocateArray<byte>(2 * EntryBytes, pinned: true);
        Enter(entries.AsSpan(0, EntryBytes), first);
        Enter(entries.AsSpan(EntryBytes), second);
        _ = Libc.Poll(Marshal.UnsafeAddrOfPinnedArrayElement(entries, 0), 2, (int)time.TotalMilliseconds);
        return (HasNews(entries.AsSpan(0, EntryBytes)), HasNews(entries.AsSpan(EntryBytes)));
    }

    private static void Enter(Span<byte> entry, int descriptor)
    {
        BinaryPrimitives.WriteInt32LittleEndian(entry, descriptor);
        BinaryPrimitives.WriteInt16LittleEndian(entry[4..], Libc.PollIn);
    }

    /// <summary>Bytes, an end or an error: reading will tell.</summary>
    private static bool HasNews(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt16LittleEndian(entry[6..]) != 0;
}
