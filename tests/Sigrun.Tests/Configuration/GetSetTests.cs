using Sigrun.Configuration;

namespace Sigrun.Tests.Configuration;

public class GetSetTests
{
    /// <summary>Names and values of CONFIG GET * of the reference server, started without a configuration but for dir.</summary>
    private static Dictionary<string, string> ReferenceDefaults()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Configuration", "reference-defaults.txt"));
        Dictionary<string, string> values = [];
        foreach (string line in lines)
        {
            int space = line.IndexOf(' ');
            values.Add(space < 0 ? line : line[..space], space < 0 ? "" : line[(space + 1)..]);
        }

        return values;
    }

    [Fact]
    public void DefaultsAreThoseOfTheReferenceServer()
    {
        ServerConfiguration configuration = new("/data");
        Dictionary<string, string> reference = ReferenceDefaults();
        Dictionary<string, string> ours = new(configuration.Get(["*"]));
        foreach ((string name, string value) in reference)
            Assert.Equal((name, value), (name, ours.GetValueOrDefault(name, "absent")));

        string[] more = [.. ours.Keys.Except(reference.Keys).Order(StringComparer.Ordinal)];
        Assert.Equal(RedisOnly, more);
    }

    /// <summary>What Redis 8.8 lists and the reference server does not.</summary>
    private static readonly string[] RedisOnly =
    [
        "aof-load-corrupt-tail-max-size", "array-slice-size", "array-sparse-kmax", "array-sparse-kmin",
        "cluster-compatibility-sample-ratio", "cluster-slot-migration-handoff-max-lag-bytes",
        "cluster-slot-migration-write-pause-timeout", "dynamic-hz", "key-memory-histograms", "lookahead",
        "replica-full-sync-buffer-limit", "slowlog-entry-max-argc", "slowlog-entry-max-string-len", "stream-idmp-duration",
        "stream-idmp-maxsize",
    ];
}
