using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Sigrun.Storage;

/// <summary>Asks the processor to fetch a cache line; a hint that never faults, and nothing where there is no such instruction.</summary>
internal static unsafe class Prefetch
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Line(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }
}
