using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.PubSub;

/// <summary>
/// Publishes what happens to keys, as <c>notify-keyspace-events</c> asks for: on a channel per key, on a channel per
/// event, or both. Hears of events only while somebody is subscribed to anything.
/// </summary>
internal sealed class KeyspaceEvents(Engine engine, Broker broker) : IKeyspaceEventListener
{
    private const int NameRoom = 13 + NumberText.Int64Max;
    private const int KeptBytesMax = 64 * 1024;

    private byte[] _channel = new byte[256];
    private bool _isListening;

    /// <summary>Finds out again whether somebody might hear of events.</summary>
    public void Update()
    {
        const KeyspaceEventClass Channels = KeyspaceEventClass.Keyspace | KeyspaceEventClass.Keyevent;
        bool shallListen = broker.SubscriberCount > 0 && (engine.Settings.Types.KeyspaceEvents & Channels) != 0;
        if (shallListen == _isListening) return;
        _isListening = shallListen;
        if (shallListen) engine.Events.Add(this);
        else engine.Events.Remove(this);
    }

    /// <inheritdoc/>
    public void OnKeyspaceEvent(KeyspaceEventClass eventClass, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database)
    {
        KeyspaceEventClass wanted = engine.Settings.Types.KeyspaceEvents;
        if ((wanted & eventClass) == 0) return;
        if ((wanted & KeyspaceEventClass.Keyspace) != 0) broker.Publish(ChannelName("__keyspace@"u8, database, key), name);
        if ((wanted & KeyspaceEventClass.Keyevent) != 0) broker.Publish(ChannelName("__keyevent@"u8, database, name), key);
        if (_channel.Length > KeptBytesMax) _channel = new byte[256];
    }

    private ReadOnlySpan<byte> ChannelName(ReadOnlySpan<byte> prefix, int database, ReadOnlySpan<byte> about)
    {
        if (_channel.Length < NameRoom + about.Length) _channel = new byte[Math.Max(_channel.Length * 2, NameRoom + about.Length)];
        prefix.CopyTo(_channel);
        int length = prefix.Length;
        length += NumberText.FormatInt64(_channel.AsSpan(length), database);
        "__:"u8.CopyTo(_channel.AsSpan(length));
        length += 3;
        about.CopyTo(_channel.AsSpan(length));
        return _channel.AsSpan(0, length + about.Length);
    }
}
