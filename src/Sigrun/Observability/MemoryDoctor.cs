using System.Text;

namespace Sigrun.Observability;

/// <summary>MEMORY DOCTOR: what the figures on memory say about it, for people.</summary>
/// <remarks>What counts as an issue, and its name, is the same as in the reference server; the advice is about this one.</remarks>
internal static class MemoryDoctor
{
    private const long EmptyBelow = 5 << 20;
    private const long NoteworthyBytes = 10 << 20;
    private const long ClientBytesMax = 200 * 1024;

    /// <summary>Writes the report.</summary>
    public static string Report(Engine engine)
    {
        MemoryFigures memory = MemoryFigures.Read(engine);
        if (memory.Used < EmptyBelow)
        {
            return "Sam, there is next to nothing in this instance, and too little to say anything about. Come back when it holds some data.\n";
        }
        var issues = new StringBuilder();
        if (memory.Peak > memory.Used * 1.5)
        {
            Add(issues, "Peak memory", "This instance has used more than 150% of what it uses now. Pages that are all free go back to the "
                + "system by themselves, and at once with MEMORY PURGE; free places between live ones stay, and are used first when data comes.");
        }
        if (memory.TotalRatio > 1.4 && memory.Process - memory.Used > NoteworthyBytes)
        {
            Add(issues, "High total RSS", "The process has more than 1.4 times as much in memory as is accounted for. The entries below say "
                + "where it is; without any, it is a peak that has just passed, or clients and commands that have left garbage behind.");
        }
        if (memory.SlabRatio > 1.1 && memory.Active - memory.Allocated > NoteworthyBytes)
        {
            Add(issues, "High allocator fragmentation", "Slabs hold more than a tenth more than their live blocks take: keys were removed, "
                + "or have changed their size, all over. New data takes these places first; activedefrag moves what is left "
                + "together and gives the rest back.");
        }
        if (memory.ResidentRatio > 1.1 && memory.Resident - memory.Active > NoteworthyBytes)
        {
            Add(issues, "High allocator RSS overhead", "The heap keeps free pages, more than a tenth of what it uses. They are given back "
                + "bit by bit, and at once with MEMORY PURGE.");
        }
        if (memory.ProcessRatio > 1.1 && memory.Process - memory.Resident > NoteworthyBytes)
        {
            Add(issues, "High process RSS overhead", "What the process has in memory besides the heap, its code, buffers and managed objects, "
                + "is more than a tenth of the heap. That is usual for small data sets, and goes with many clients.");
        }
        if (engine.Clients.Count > 0 && memory.Clients / engine.Clients.Count > ClientBytesMax)
        {
            Add(issues, "Big client buffers", "Clients take more than 200K each on average. They do not read what they are sent, or send "
                + "large requests or long pipelines; CLIENT LIST shows which (tot-mem), maxmemory-clients and client-output-buffer-limit bound it.");
        }
        if (issues.Length == 0) return "Hi Sam, I have looked at everything and found no issue with memory.\n";
        return $"Sam, there are issues with the memory of this instance:\n\n{issues}That is all, Sam.\n";
    }

    private static void Add(StringBuilder issues, string name, string advice) =>
        issues.Append(" * ").Append(name).Append(": ").Append(advice).Append("\n\n");
}
