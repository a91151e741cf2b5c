using System.Text;
using Sigrun.Keyspace;

namespace Sigrun.Tests.Harness;

/// <summary>Notes what a server tells those who follow its changes: events, effects and written keys, in order.</summary>
internal sealed class Recorder : IKeyspaceEventListener, IEffectReader, IKeyObserver
{
    private readonly List<string> _lines = [];
    private readonly TestServer _server;

    private Recorder(TestServer server) => _server = server;

    /// <summary>Whether beginning and end of units of several effects are noted too.</summary>
    public bool NotesUnits { get; set; }

    /// <summary>Starts to note.</summary>
    public static Recorder Of(TestServer server)
    {
        var recorder = new Recorder(server);
        server.OnEngine(engine =>
        {
            engine.Events.Add(recorder);
            engine.Effects.Add(recorder);
            engine.Observers.Add(recorder);
            return true;
        });
        return recorder;
    }

    /// <summary>What was noted since the last call.</summary>
    public string[] Take() => _server.OnEngine(_ =>
    {
        string[] lines = [.. _lines];
        _lines.Clear();
        return lines;
    });

    /// <summary>The lines of a kind (<c>"event "</c>, <c>"effect "</c>), without it, in a row.</summary>
    public static string Join(string[] lines, string kind) =>
        string.Join(", ", lines.Where(l => l.StartsWith(kind, StringComparison.Ordinal)).Select(l => l[kind.Length..]));

    public void OnKeyspaceEvent(KeyspaceEventClass eventClass, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database) =>
        _lines.Add($"event {Text(name)} {Text(key)}");

    public void OnEffect(int database, in EffectArguments arguments)
    {
        var line = new StringBuilder("effect");
        for (int i = 0; i < arguments.Count; i++) line.Append(' ').Append(Text(arguments[i]));
        _lines.Add(line.ToString());
    }

    public void OnUnitStart() => NoteUnit("effect [");

    public void OnUnitEnd() => NoteUnit("effect ]");

    public void OnKeyWritten(int database, ReadOnlySpan<byte> key) => _lines.Add($"written {Text(key)}");

    public void OnDatabaseFlushing(int database) => _lines.Add($"flushing {database}");

    public void OnDatabasesSwapping(int first, int second) => _lines.Add($"swapping {first} {second}");

    private void NoteUnit(string line)
    {
        if (NotesUnits) _lines.Add(line);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
