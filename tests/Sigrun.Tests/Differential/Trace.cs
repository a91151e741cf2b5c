using System.Text;
using Sigrun.Keyspace;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Differential;

/// <summary>The keyspace events and effects of a server in the test process.</summary>
internal sealed class Trace : IKeyspaceEventListener, IEffectReader
{
    private readonly TestServer _server;
    private readonly List<KeyEvent> _events = [];
    private readonly List<Effect> _effects = [];

    public Trace(TestServer server)
    {
        _server = server;
        server.OnEngine(engine =>
        {
            engine.Events.Add(this);
            engine.Effects.Add(this);
            return true;
        });
    }

    /// <summary>The events and effects since the last call.</summary>
    public (List<KeyEvent> Events, List<Effect> Effects) Take() => _server.OnEngine(_ =>
    {
        (List<KeyEvent>, List<Effect>) taken = ([.. _events], [.. _effects]);
        _events.Clear();
        _effects.Clear();
        return taken;
    });

    public void OnKeyspaceEvent(KeyspaceEventClass eventClass, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database) =>
        _events.Add(new KeyEvent(database, Encoding.ASCII.GetString(name), Encoding.Latin1.GetString(key)));

    public void OnUnitStart() => _effects.Add(Effect.Frame("MULTI"));

    public void OnUnitEnd() => _effects.Add(Effect.Frame("EXEC"));

    public void OnEffect(int database, in EffectArguments arguments)
    {
        var copies = new byte[arguments.Count][];
        for (int i = 0; i < copies.Length; i++) copies[i] = arguments[i].ToArray();
        _effects.Add(new Effect(database, copies));
    }
}
