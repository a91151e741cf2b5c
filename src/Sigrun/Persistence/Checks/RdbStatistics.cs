using System.Globalization;
using Sigrun.Storage;

namespace Sigrun.Persistence.Checks;

/// <summary>The figures of a file by database and type, in the layouts of the reference tool.</summary>
internal sealed class RdbStatistics
{
    private static readonly string[] Types = ["string", "list", "set", "zset", "hash", "module", "stream"];

    private static readonly (string Name, Func<RdbTypeFigures, string> Read)[] Figures =
    [
        ("keys.total", static f => Text(f.Keys)),
        ("expire_keys.total", static f => Text(f.Expires)),
        ("already_expired.total", static f => Text(f.Expired)),
        ("keys.size", static f => Text(f.KeyBytes)),
        ("keys.value_size", static f => Text(f.ElementBytes)),
        ("elements.total", static f => Text(f.Elements)),
        ("elements.size", static f => Text(f.ElementBytes)),
        ("elements.num.max", static f => Text(f.LargestCount)),
        ("elements.num.avg", static f => Text(f.Keys, f.Elements)),
        ("elements.num.p99", static f => Fixed(f.Counts.Percentile(99))),
        ("elements.num.p90", static f => Fixed(f.Counts.Percentile(90))),
        ("elements.num.p50", static f => Fixed(f.Counts.Percentile(50))),
        ("elements.size.max", static f => Text(f.LargestElement)),
        ("elements.size.avg", static f => Text(f.Elements, f.ElementBytes)),
        ("elements.size.p99", static f => Fixed(f.Sizes.Percentile(99))),
        ("elements.size.p90", static f => Fixed(f.Sizes.Percentile(90))),
        ("elements.size.p50", static f => Fixed(f.Sizes.Percentile(50))),
    ];

    private readonly SortedDictionary<int, RdbTypeFigures[]> _databases = [];

    /// <summary>Takes a key into account.</summary>
    public void Add(int database, EntryRef entry, bool expires, bool hasExpired) =>
        Of(database)[(int)entry.Type].Add(entry, expires, hasExpired);

    /// <summary>Writes all figures of all databases up to the last one that has keys.</summary>
    public void Write(TextWriter output, RdbCheckFormat format)
    {
        int last = _databases.Count == 0 ? 0 : _databases.Keys.Max();
        for (int database = 0; database <= last; database++)
        {
            if (database > 0 && !_databases.ContainsKey(database) && last > short.MaxValue) continue;
            RdbTypeFigures[] figures = Of(database);
            if (format != RdbCheckFormat.Info) WriteRow(output, format, $"db.{database}.type.name", Types);
            foreach ((string name, Func<RdbTypeFigures, string> read) in Figures)
            {
                string[] values = Array.ConvertAll(figures, f => read(f));
                if (format != RdbCheckFormat.Info) WriteRow(output, format, $"db.{database}.{name}", values);
                else for (int i = 0; i < values.Length; i++) output.Write($"[info] db.{database}.type.{Types[i]}.{name}:{values[i]}\n");
            }
        }
    }

    private static void WriteRow(TextWriter output, RdbCheckFormat format, string name, string[] values)
    {
        bool isTable = format == RdbCheckFormat.Table;
        output.Write(isTable ? name.PadRight(30) : name);
        foreach (string value in values) output.Write(isTable ? "\t" + value.PadRight(5) : "," + value);
        output.Write("\n");
    }

    private RdbTypeFigures[] Of(int database)
    {
        if (_databases.TryGetValue(database, out RdbTypeFigures[]? figures)) return figures;
        figures = new RdbTypeFigures[Types.Length];
        for (int i = 0; i < figures.Length; i++) figures[i] = new RdbTypeFigures();
        return _databases[database] = figures;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(long count, long sum) => Fixed(count == 0 ? 0 : (float)sum / count);

    private static string Fixed(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
