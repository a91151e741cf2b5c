using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>
/// The system calls behind the heap: reserve a range of addresses, make parts of it usable, and give
/// the pages of unused parts back. Nothing here keeps state.
/// </summary>
/// <remarks>
/// A reservation costs no memory: the pages are inaccessible until committed, and committed pages
/// become resident when first touched. Commit may fail (strict overcommit, address-space limits);
/// everything else is advice whose failure changes nothing but the resident size.
/// </remarks>
internal static unsafe partial class VirtualMemory
{
    private const int ProtNone = 0, ProtReadWrite = 3;
    private const int MapPrivate = 0x02;
    private const int LinuxMapAnonymous = 0x20, LinuxMapNoReserve = 0x4000;
    private const int BsdMapAnonymous = 0x1000, BsdMapNoReserve = 0x40;
    private const int LinuxDontNeed = 4, LinuxHugePage = 14, LinuxPopulateWrite = 23, BsdFree = 5;
    private const uint WindowsCommit = 0x1000, WindowsReserve = 0x2000, WindowsReset = 0x80000, WindowsRelease = 0x8000;
    private const uint WindowsNoAccess = 0x01, WindowsReadWrite = 0x04;

    /// <summary>Reserves inaccessible addresses, or returns null.</summary>
    public static byte* Reserve(nuint bytes)
    {
        if (OperatingSystem.IsWindows())
            return (byte*)VirtualAlloc(null, bytes, WindowsReserve, WindowsNoAccess);
        int flags = OperatingSystem.IsLinux()
            ? MapPrivate | LinuxMapAnonymous | LinuxMapNoReserve
            : MapPrivate | BsdMapAnonymous | BsdMapNoReserve;
        void* address = Mmap(null, bytes, ProtNone, flags, -1, 0);
        return address == (void*)-1 ? null : (byte*)address;
    }

    /// <summary>Makes a reserved part readable and writable; false when the system refuses.</summary>
    public static bool Commit(byte* address, nuint bytes) =>
        OperatingSystem.IsWindows()
            ? VirtualAlloc(address, bytes, WindowsCommit, WindowsReadWrite) != null
            : Mprotect(address, bytes, ProtReadWrite) == 0;

    /// <summary>Gives the pages back; the addresses stay usable and their content is undefined.</summary>
    public static void Discard(byte* address, nuint bytes)
    {
        if (OperatingSystem.IsWindows())
            _ = VirtualAlloc(address, bytes, WindowsReset, WindowsReadWrite);
        else
            _ = Madvise(address, bytes, OperatingSystem.IsLinux() ? LinuxDontNeed : BsdFree);
    }

    /// <summary>Makes pages resident at once, which costs little more than half of what a fault for each costs; where the system cannot, faults do it.</summary>
    public static void Ready(byte* address, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
            _ = Madvise(address, bytes, LinuxPopulateWrite);
    }

    /// <summary>Asks for transparent huge pages where the system has them.</summary>
    public static void AdviseHugePages(byte* address, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
            _ = Madvise(address, bytes, LinuxHugePage);
    }

    /// <summary>Ends a reservation.</summary>
    public static void Release(byte* address, nuint bytes)
    {
        if (OperatingSystem.IsWindows())
            _ = VirtualFree(address, 0, WindowsRelease);
        else
            _ = Munmap(address, bytes);
    }

    /// <summary>
    /// Makes the C library give back what the byte buffers have freed: it keeps free memory below other
    /// blocks, and that of other threads, for ever otherwise. Does nothing where it has no such function.
    /// </summary>
    public static void TrimSystemAllocator()
    {
        if (!NativeLibrary.TryLoad("libc.so.6", out nint library)) return;
        if (NativeLibrary.TryGetExport(library, "malloc_trim", out nint trim)) _ = ((delegate* unmanaged<nuint, int>)trim)(0);
        NativeLibrary.Free(library);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Munmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Madvise(void* address, nuint length, int advice);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualFree(void* address, nuint size, uint type);
}
