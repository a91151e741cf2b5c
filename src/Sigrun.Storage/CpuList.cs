using System.Globalization;
using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>Binds threads to processors, which a list names: <c>0,2-5,8-15:2</c>, the last with a step.</summary>
public static partial class CpuList
{
    private const int ProcessorsMax = 1024;

    /// <summary>Binds the calling thread; does nothing where there is no list, or one that cannot be read.</summary>
    public static void Bind(string? list)
    {
        if (string.IsNullOrEmpty(list) || !OperatingSystem.IsLinux()) return;
        Span<byte> mask = stackalloc byte[ProcessorsMax / 8];
        mask.Clear();
        foreach (string part in list.Split(','))
        {
            if (!TryAdd(part, mask)) return;
        }
        _ = SetAffinity(0, (nuint)mask.Length, ref MemoryMarshal.GetReference(mask));
    }

    private static bool TryAdd(string part, Span<byte> mask)
    {
        string[] rangeAndStep = part.Split(':');
        string[] range = rangeAndStep[0].Split('-');
        if (rangeAndStep.Length > 2 || range.Length > 2) return false;
        int step = 1;
        if (!TryRead(range[0], out int first) || !TryRead(range[^1], out int last)) return false;
        if (rangeAndStep.Length == 2 && (!TryRead(rangeAndStep[1], out step) || step == 0)) return false;
        for (int processor = first; processor <= last; processor += step) mask[processor >> 3] |= (byte)(1 << (processor & 7));
        return true;
    }

    private static bool TryRead(string text, out int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out number)
        && number is >= 0 and < ProcessorsMax;

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint bytes, ref byte mask);
}
