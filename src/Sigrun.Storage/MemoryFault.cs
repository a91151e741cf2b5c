namespace Sigrun.Storage;

/// <summary>What must never happen, for tests of what happens then.</summary>
public static unsafe class MemoryFault
{
    private const int PageBytes = 4096;

    /// <summary>Writes to memory that the process does not have, which ends it.</summary>
    public static void Raise() => *VirtualMemory.Reserve(PageBytes) = 1;
}
