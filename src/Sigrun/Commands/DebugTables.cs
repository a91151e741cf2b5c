using System.Globalization;
using System.Text;
using Sigrun.Storage;
using Sigrun.Storage.Structures;

namespace Sigrun.Commands;

/// <summary>DEBUG HTSTATS and DEBUG HTSTATS-KEY: figures on hash tables.</summary>
/// <remarks>
/// The headings are those that tools parse. Tables here grow line by line, so there is never a second table and no
/// place that rehashing has come to. A bucket is a line of ten entries, a child bucket a further line of its chain.
/// </remarks>
internal static class DebugTables
{
    private const int LineEntries = 10;

    /// <summary>DEBUG HTSTATS.</summary>
    public static void OfDatabase(CommandContext c)
    {
        if (!NumberText.TryParseInt64(c.Arg(2), out long index))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
            return;
        }
        if ((ulong)index >= (ulong)c.Engine.Databases.Length)
        {
            c.Reply.Error("ERR Out of range database"u8);
            return;
        }
        bool full = IsFull(c);
        KeyTable keys = c.Engine.Databases[(int)index].Keys;
        var text = new StringBuilder();
        text.Append("[Dictionary HT]\n");
        Append(text, keys.GetKeyStatistics(), full);
        text.Append("[Expires HT]\n");
        Append(text, keys.GetExpiryStatistics(), full);
        c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(text.ToString()));
    }

    /// <summary>DEBUG DICT-RESIZING: whether the tables of keys follow the number of keys.</summary>
    public static void SetResizing(CommandContext c)
    {
        bool holds = !DebugCommands.IsSwitchedOn(c.Arg(2));
        foreach (Keyspace.Database database in c.Engine.Databases) database.Keys.HoldSize(holds);
        c.Reply.Ok();
    }

    /// <summary>DEBUG HTSTATS-KEY.</summary>
    public static void OfKey(CommandContext c)
    {
        EntryRef entry = c.Db.FindQuietly(c.Key(2));
        if (entry.IsNull)
        {
            c.Reply.Error(CommandErrors.NoSuchKey);
            return;
        }
        if (!TableFigures.TryMeasure(c.Engine.Heap, entry, out HashTableStatistics table))
        {
            c.Reply.Error("ERR The value stored at the specified key is not represented using an hash table"u8);
            return;
        }
        var text = new StringBuilder();
        Append(text, table, IsFull(c));
        c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static bool IsFull(CommandContext c) => c.ArgCount > 3 && c.ArgIs(3, "full"u8);

    private static void Append(StringBuilder text, in HashTableStatistics table, bool full)
    {
        if (table.Entries == 0) return;
        CultureInfo culture = CultureInfo.InvariantCulture;
        text.Append("Hash table 0 stats (main hash table):\n");
        text.Append(culture, $" table size: {table.Lines * LineEntries}\n");
        text.Append(culture, $" number of entries: {table.Entries}\n");
        text.Append(" rehashing index: -1\n");
        if (!full) return;
        text.Append(culture, $" top-level buckets: {table.Lines}\n");
        text.Append(culture, $" child buckets: {table.ChainLines}\n");
        text.Append(culture, $" max chain length: {table.LongestChain - 1}\n");
        text.Append(culture, $" avg chain length: {(double)table.ChainLines / table.Lines:F6}\n");
    }
}
