using System.Runtime.InteropServices;

namespace Sigrun.Storage.Snapshots;

/// <summary>Bytes on their way from the engine's thread to the one that writes a snapshot.</summary>
internal sealed unsafe class SnapshotChunk
{
    /// <summary>What a chunk holds unless what it carries is larger, or little is expected.</summary>
    public const int UsualBytes = 64 << 10;

    /// <summary>Makes a chunk.</summary>
    public SnapshotChunk(int capacity)
    {
        Bytes = (byte*)NativeMemory.Alloc((nuint)capacity);
        Capacity = capacity;
    }

    /// <summary>The bytes.</summary>
    public byte* Bytes { get; private set; }

    /// <summary>How many there may be.</summary>
    public int Capacity { get; }

    /// <summary>How many there are.</summary>
    public int Length { get; set; }

    /// <summary>Ends it.</summary>
    public void Free()
    {
        NativeMemory.Free(Bytes);
        Bytes = null;
    }
}
