using System.Text;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Differential;

/// <summary>How a run is made; with the same values it draws the same commands.</summary>
/// <param name="Seed">What all chance comes from.</param>
/// <param name="Version">The protocol version.</param>
/// <param name="Traced">Whether events and effects are compared per command, not only replies.</param>
/// <param name="Checking">Whether the heap checks every block and moves entries on every write.</param>
/// <param name="IoThreads">Threads for input and output.</param>
/// <param name="LowLimits">Whether values change their encodings at a few elements.</param>
internal sealed record RunOptions(
    int Seed, int Version, bool Traced = false, bool Checking = false, int IoThreads = 1, bool LowLimits = false);

/// <summary>The same random commands to Sigrun and to Redis; everything both say is compared.</summary>
/// <remarks>
/// With tracing a marker follows every command: a write to a key that no command uses. It divides the
/// events and effects of both sides by command. After a difference both sides start over with
/// empty databases, so that one difference does not show as many.
/// </remarks>
internal sealed class DifferentialRun : IDisposable
{
    private const int BatchLength = 250;
    private const int DifferencesMax = 20;
    private const int HistoryMax = 12;
    private const string MarkerKey = "~";

    /// <summary>Limits at which runs with small collections meet both encodings.</summary>
    private static readonly string[] LowLimits = ["list-max-listpack-size", "4", "zset-max-listpack-entries", "4", "zset-max-listpack-value", "20"];

    private readonly RunOptions _options;
    private readonly CommandSource _source;
    private readonly TestServer _server;
    private readonly RawConnection _ours;
    private readonly Peer _peer;
    private readonly Trace? _trace;
    private readonly List<byte[][]> _history = [];
    private readonly List<string> _differences = [];

    public DifferentialRun(RunOptions options)
    {
        _options = options;
        _source = new CommandSource(options.Seed);
        _server = new TestServer(
            settings =>
            {
                settings.Network.IoThreads = options.IoThreads;
                settings.Security.EnableDebugCommand = ProtectedAction.Yes;
            },
            options.Checking);
        _ours = new RawConnection(_server.Port);
        if (options.Version == 3) _ours.Exchange("HELLO", "3");
        // Keys expire when they are looked at, and not at a moment of each server's choice.
        Assert.Equal("+OK\r\n"u8, _ours.Exchange("DEBUG", "SET-ACTIVE-EXPIRE", "0"));
        _peer = new Peer(options.Version);
        if (options.LowLimits)
        {
            Assert.Equal("+OK\r\n"u8, _ours.Exchange(["CONFIG", "SET", .. LowLimits]));
            Assert.Equal("+OK\r\n"u8, _peer.Connection.Exchange(["CONFIG", "SET", .. LowLimits]));
        }
        _trace = options.Traced ? new Trace(_server) : null;
    }

    /// <summary>Commands executed so far.</summary>
    public int Executed { get; private set; }

    /// <summary>Runs at least that many commands; returns the differences found.</summary>
    public IReadOnlyList<string> Run(int commands)
    {
        while (Executed < commands && _differences.Count < DifferencesMax)
        {
            List<byte[][]> batch = _source.NextBatch(BatchLength);
            if (!RunBatch(batch)) StartOver();
            Executed += batch.Count;
            // Short times to live pass before the next batch; the other server knows no clock but the real one.
            Thread.Sleep(10);
        }
        return _differences;
    }

    public void Dispose()
    {
        _peer.Dispose();
        _ours.Dispose();
        _server.Dispose();
    }

    private bool RunBatch(List<byte[][]> batch)
    {
        var requests = new MemoryStream();
        for (int i = 0; i < batch.Count; i++)
        {
            requests.Write(RespClient.Request(batch[i]));
            if (_trace is not null) requests.Write(RespClient.Request("SET", MarkerKey, i.ToString()));
        }
        _ours.Send(requests.ToArray());
        _peer.Connection.Send(requests.ToArray());
        bool same = true;
        int verified = 0;
        var excused = new HashSet<int>();
        for (int i = 0; i < batch.Count; i++)
        {
            byte[] ours = _ours.ReadReply();
            byte[] theirs = _peer.Connection.ReadReply();
            if (_trace is not null)
            {
                _ours.ReadReply();
                _peer.Connection.ReadReply();
            }
            if (!same) continue;
            Remember(batch[i]);
            KeepPayload(batch[i], theirs);
            same = Comparison.SameReply(batch[i], ours, theirs);
            if (!same && KnownDifferences.IsKnownReply(batch[i], ours, theirs, out bool changesValues))
            {
                // What follows a difference of values would differ too: it is not looked at.
                if (changesValues) continue;
                same = true;
                excused.Add(i);
            }
            if (same) verified++;
            else Report(batch[i], "replies", Show.Cut(ours), Show.Cut(theirs));
        }
        return CompareTraces(batch, verified, excused) && same;
    }

    /// <summary>Compares events and effects of the first commands; those with a known difference in their replies are excused.</summary>
    private bool CompareTraces(List<byte[][]> batch, int count, HashSet<int> excused)
    {
        if (_trace is null) return true;
        (List<KeyEvent> events, List<Effect> effects) = _trace.Take();
        List<List<KeyEvent>> ourEvents = Divide(events, IsMarker, e => e.Key == MarkerKey);
        List<List<KeyEvent>> theirEvents = Divide(_peer.TakeEvents(), IsMarker, e => e.Key == MarkerKey);
        List<List<Effect>> ourEffects = Divide(effects, IsMarker, IsMarker);
        List<List<Effect>> theirEffects = Divide(_peer.TakeEffects(), IsMarker, IsMarker);
        for (int i = 0; i < count; i++)
        {
            if (excused.Contains(i)) continue;
            if (IsScan(batch[i]))
            {
                // A scan removes expired keys in the order of its walk.
                ourEvents[i] = Sorted(ourEvents[i]);
                theirEvents[i] = Sorted(theirEvents[i]);
                ourEffects[i] = Sorted(ourEffects[i]);
                theirEffects[i] = Sorted(theirEffects[i]);
            }
            if (!Same(ourEvents[i], theirEvents[i], (a, b) => a == b) && !KnownDifferences.AreKnownEvents(batch[i], ourEvents[i], theirEvents[i]))
            {
                return Report(batch[i], "events", string.Join("; ", ourEvents[i]), string.Join("; ", theirEvents[i]));
            }
            if (!Same(ourEffects[i], theirEffects[i], Comparison.SameEffect) && !KnownDifferences.AreKnownEffects(batch[i], ourEffects[i], theirEffects[i]))
            {
                return Report(batch[i], "effects", string.Join("; ", ourEffects[i]), string.Join("; ", theirEffects[i]));
            }
        }
        return true;
    }

    private static bool IsMarker(KeyEvent e) => e.Key == MarkerKey && e.Name == "set";

    private static bool IsMarker(Effect e) => e.Arguments.Length == 3 && e.Arguments[1].AsSpan().SequenceEqual("~"u8);

    /// <summary>Splits a sequence behind every marker; what only accompanies a marker is dropped.</summary>
    private static List<List<T>> Divide<T>(List<T> items, Func<T, bool> isMarker, Func<T, bool> isDropped)
    {
        var parts = new List<List<T>>();
        var part = new List<T>();
        foreach (T item in items)
        {
            if (!isDropped(item)) part.Add(item);
            if (!isMarker(item)) continue;
            parts.Add(part);
            part = [];
        }
        return parts;
    }

    private static bool IsScan(byte[][] command) => Encoding.Latin1.GetString(command[0]).Equals("SCAN", StringComparison.OrdinalIgnoreCase);

    private static List<T> Sorted<T>(List<T> items) => [.. items.OrderBy(item => item!.ToString(), StringComparer.Ordinal)];

    private static bool Same<T>(List<T> ours, List<T> theirs, Func<T, T, bool> same) =>
        ours.Count == theirs.Count && ours.Zip(theirs).All(pair => same(pair.First, pair.Second));

    private bool Report(byte[][] command, string what, string ours, string theirs)
    {
        var text = new StringBuilder();
        text.AppendLine($"Different {what} ({_options}, within the first {Executed + BatchLength} commands):");
        text.AppendLine($"  command: {Show.Command(command)}");
        text.AppendLine($"  Sigrun:  {ours}");
        text.AppendLine($"  Redis:   {theirs}");
        text.AppendLine("  before it, on the same keys:");
        HashSet<string> words = [.. command.Skip(1).Select(Encoding.Latin1.GetString)];
        IEnumerable<byte[][]> related = _history.Where(c => c != command && c.Length > 1 && c.Skip(1).Any(a => words.Contains(Encoding.Latin1.GetString(a))));
        foreach (byte[][] earlier in related.TakeLast(HistoryMax)) text.AppendLine("    " + Show.Command(earlier));
        _differences.Add(text.ToString());
        return false;
    }

    private void Remember(byte[][] command)
    {
        _history.Add(command);
        if (_history.Count > 20 * BatchLength) _history.RemoveRange(0, 10 * BatchLength);
    }

    /// <summary>Payloads come from the other server: it could not read ours, whose version is newer.</summary>
    private void KeepPayload(byte[][] command, byte[] reply)
    {
        if (command.Length != 2 || reply[0] != '$' || reply[1] == '-') return;
        if (!Encoding.Latin1.GetString(command[0]).Equals("DUMP", StringComparison.OrdinalIgnoreCase)) return;
        int start = Array.IndexOf(reply, (byte)'\n') + 1;
        _source.Pool.AddPayload(reply[start..^2]);
    }

    private void StartOver()
    {
        foreach (RawConnection connection in (RawConnection[])[_ours, _peer.Connection])
        {
            connection.Exchange("FLUSHALL");
            connection.Exchange("SELECT", "0");
        }
        _history.Clear();
        if (_trace is null) return;
        _trace.Take();
        _peer.TakeEvents();
        _peer.TakeEffects();
    }
}
