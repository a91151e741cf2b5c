using System.Globalization;
using System.Text;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Commands;

/// <summary>What DEBUG knows of lists.</summary>
internal static class DebugLists
{
    private const ulong ThresholdMax = (1UL << 32) - (1 << 20);

    /// <summary>DEBUG QUICKLIST-PACKED-THRESHOLD: from which length on an element has a node of its own; 0 for the usual one.</summary>
    public static void SetPackedThreshold(CommandContext c)
    {
        if (!Configuration.NumberText.TryMemory(Encoding.Latin1.GetString(CommandErrors.UpToNul(c.Arg(2))), out ulong bytes) || bytes > ThresholdMax)
        {
            c.Reply.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb"u8);
            return;
        }
        c.Engine.Settings.Types.ListPackedThresholdBytes = (long)bytes;
        c.Reply.Ok();
    }

    /// <summary>Adds to DEBUG OBJECT how the nodes of a large list are.</summary>
    public static void Describe(EntryRef entry, bool isBrief, StringBuilder text)
    {
        var nodes = new ListNodes(entry);
        double mean = (double)ListValue.Length(entry) / nodes.Count;
        text.Append(CultureInfo.InvariantCulture, $" ql_nodes:{nodes.Count} ql_avg_node:{mean:F2} ql_listpack_max:{ListValue.NodeLimit(entry)}");
        text.Append(CultureInfo.InvariantCulture, $" ql_compressed:{(ListValue.Compresses(entry) ? 1 : 0)}");
        if (isBrief) return;
        long bytes = 0;
        while (nodes.MoveNext()) bytes += nodes.RawLength;
        text.Append(CultureInfo.InvariantCulture, $" ql_uncompressed_size:{bytes}");
    }
}
