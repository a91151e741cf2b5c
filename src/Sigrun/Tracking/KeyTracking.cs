using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Buffers;
using Sigrun.Storage.Structures.Tracking;

namespace Sigrun.Tracking;

/// <summary>
/// Client-side caching: remembers which client has read which key, or follows which prefix, and tells it when such a key
/// changes.
/// </summary>
/// <remarks>
/// Keys go by name, whichever database they are in. A key is forgotten with the first message about it. What a client's own
/// command changes it is told behind the reply; changes with a prefix are told together, at the end of the turn. Nothing is
/// asked while nobody has tracking on and nothing is remembered.
/// </remarks>
internal sealed class KeyTracking : IKeyObserver, IDisposable
{
    /// <summary>Keys that are forgotten at once when there are too many; again as many for every time that was not enough.</summary>
    private const int ForgottenMax = 100;

    /// <summary>So many keys are freed on the spot even where the rest of a flush is not.</summary>
    private const int FreedAtOnceMax = 64;

    private readonly Engine _engine;
    private PrefixRegister? _prefixes;
    private readonly InvalidationMessages _messages = new();
    private readonly OwnInvalidations _own = new();
    private KeyClients? _keys;
    private bool _observes;
    private int _effort = 1;

    /// <summary>Creates the tracking of an engine.</summary>
    public KeyTracking(Engine engine) => _engine = engine;

    /// <summary>The keys that are remembered; null when none ever was.</summary>
    public KeyClients? Keys => _keys;

    /// <summary>Clients with tracking on.</summary>
    public int ClientCount { get; private set; }

    /// <summary>Keys that are remembered.</summary>
    public long KeyCount => _keys?.KeyCount ?? 0;

    /// <summary>Clients that are remembered with keys, all keys together.</summary>
    public long ItemCount => _keys?.IdCount ?? 0;

    /// <summary>Prefixes that are followed.</summary>
    public int PrefixCount => _prefixes?.Count ?? 0;

    /// <summary>True while more keys are remembered than <c>tracking-table-max-keys</c> allows.</summary>
    public bool IsOverLimit => _keys is not null && ClientCount > 0
        && _engine.Settings.Network.TrackingTableMaxKeys is > 0 and var max && _keys.KeyCount > max;

    /// <summary>Switches tracking on for a client, or changes how it tracks.</summary>
    public void Enable(ClientSession client, TrackingModes modes, long redirectId)
    {
        _keys ??= new KeyClients(_engine.Heap);
        ClientTracking tracking = client.Tracking ??= new ClientTracking();
        if (!tracking.IsOn) ClientCount++;
        tracking.Modes = modes | TrackingModes.On | (tracking.Modes & TrackingModes.CachingGiven);
        tracking.RedirectId = redirectId;
        Observe();
        client.UpdateRunsPlainly();
    }

    /// <summary>Makes a client in the broadcasting mode follow a prefix.</summary>
    public void Follow(ClientSession client, ReadOnlySpan<byte> prefix)
    {
        _prefixes ??= new PrefixRegister(_engine.Heap, _engine.Hasher);
        _prefixes.Add(client, prefix);
    }

    /// <summary>Switches tracking off for a client. Keys that it has read are forgotten as they change.</summary>
    public void Disable(ClientSession client)
    {
        if (client.Tracking is not { IsOn: true } tracking) return;
        _prefixes?.RemoveAll(client);
        tracking.Modes = TrackingModes.None;
        ClientCount--;
        Observe();
        client.UpdateRunsPlainly();
    }

    /// <summary>Remembers the keys of a command that has only read, where its client wants that.</summary>
    public void Remember(CommandContext command)
    {
        ClientSession client = command.Client;
        bool hasOnlyRead = ((CommandFlags)CommandTable.FlagBits[command.CommandId] & CommandFlags.ReadOnly) != 0;
        if (!hasOnlyRead || !client.Tracking!.RemembersKeys) return;
        var found = new KeyPositions(stackalloc KeyPosition[16]);
        CommandTable.FindKeys(command.CommandId, new ArgumentList(command), ref found);
        foreach (KeyPosition position in found.Items) Remember(client, command.Arg(position.Index));
        found.Dispose();
    }

    /// <summary>CLIENT CACHING holds for one command or transaction, those about the client itself apart.</summary>
    public static void EndCaching(ClientSession session, int id)
    {
        if (session.Tracking is not { } tracking || !tracking.Has(TrackingModes.CachingGiven)) return;
        if (session.IsSuspended || session.IsInTransaction || (id >= 0 && CommandTable.FullName(id).StartsWith("client|"u8))) return;
        tracking.Modes &= ~TrackingModes.CachingGiven;
    }

    /// <inheritdoc/>
    public void OnKeyWritten(int database, ReadOnlySpan<byte> key) => OnChange(key, _engine.Pushes.Executing?.Id ?? 0);

    /// <inheritdoc/>
    public void OnKeyLost(int database, ReadOnlySpan<byte> key) => OnChange(key, by: 0);

    /// <inheritdoc/>
    public void OnDatabaseFlushing(int database)
    {
        // Emptying several databases is one event here: see OnFlush.
    }

    /// <inheritdoc/>
    public void OnDatabasesSwapping(int first, int second)
    {
        // As far as caches go, keys have no databases.
    }

    /// <summary>Databases are emptied: clients are told that any key may have changed, and no key is remembered.</summary>
    public void OnFlush(bool inBackground)
    {
        if (_keys is null) return;
        if (ClientCount > 0) TellAll();
        if (_keys.KeyCount == 0) return;
        RetiredKeyClients retired = _keys.Retire();
        if (inBackground && retired.Count > FreedAtOnceMax) _engine.LazyFree.Free(retired);
        else retired.FreeBlocks();
        Observe();
    }

    /// <summary>Forgets keys that chance chooses, as if they had changed, until few enough are remembered or enough was done.</summary>
    public void EnforceLimit()
    {
        for (int i = 0; i < ForgottenMax * _effort; i++)
        {
            if (!IsOverLimit)
            {
                _effort = 1;
                return;
            }
            if (_keys!.TryTakeRandom(ref _engine.Random, out TakenKey taken)) Tell(taken);
        }
        if (IsOverLimit) _effort++;
        else _effort = 1;
    }

    /// <summary>Keeps to the limit before a client's command: whoever is told of it is told before that replies.</summary>
    public void EnforceLimitBefore(ClientSession session)
    {
        ClientSession? executing = _engine.Pushes.Executing;
        _engine.Pushes.Executing = null;
        session.Reply.Flush();
        EnforceLimit();
        _engine.Pushes.Executing = executing;
    }

    /// <summary>Tells the client whose command is over what that has changed of its own cache.</summary>
    public void TellOwn(ClientSession client)
    {
        if (_own.IsEmpty) return;
        int position = 0;
        while (_own.TryRead(ref position, out bool isAll, out ReadOnlySpan<byte> key))
        {
            if (FindReceiver(client) is not { } receiver) continue;
            bool isResp3 = receiver.Reply.IsResp3;
            _engine.Pushes.Send(receiver, isAll ? _messages.OfAll(isResp3, client.Reply.IsResp3) : _messages.OfKey(isResp3, key));
        }
        _own.Clear();
    }

    /// <summary>Tells those who follow prefixes of what has changed during the turn.</summary>
    public void Broadcast()
    {
        if (_prefixes is null || _prefixes.Changed.Count == 0) return;
        _prefixes.SortChanged();
        foreach (TrackedPrefix prefix in _prefixes.Changed)
        {
            int count = prefix.HasLostSome ? 0 : prefix.Changed.Sort();
            TellFollowers(prefix, count);
            TellOthersChanges(prefix, count);
            prefix.Clear();
        }
        _prefixes.Changed.Clear();
    }

    /// <summary>Releases the memory of messages.</summary>
    public void Dispose() => _messages.Dispose();

    private void Observe()
    {
        bool shallObserve = ClientCount > 0 || KeyCount > 0;
        if (shallObserve == _observes) return;
        _observes = shallObserve;
        if (shallObserve) _engine.Observers.Add(this);
        else _engine.Observers.Remove(this);
    }

    private void Remember(ClientSession client, ReadOnlySpan<byte> key)
    {
        try
        {
            _keys!.Add(key, client.Id);
        }
        catch (HeapExhaustedException)
        {
            // What cannot be remembered must not stay in the client's cache.
            KeepForEnd(key);
        }
    }

    private void OnChange(ReadOnlySpan<byte> key, long by)
    {
        if (_prefixes is { Count: > 0 }) _prefixes.Note(key, by);
        if (_keys!.TryTake(key, out TakenKey taken)) Tell(taken);
    }

    /// <summary>Tells the clients of a key that was taken out, and ends it.</summary>
    private void Tell(TakenKey taken)
    {
        SharedRange message2 = default;
        SharedRange message3 = default;
        for (int i = 0; i < taken.Count; i++)
        {
            if (_engine.Clients.Find(taken[i]) is not { Tracking: { FollowsReads: true } tracking } client) continue;
            if (client == _engine.Pushes.Executing)
            {
                if (!tracking.Has(TrackingModes.NoLoop)) KeepForEnd(taken.Key);
                continue;
            }
            if (FindReceiver(client) is not { } receiver) continue;
            bool isResp3 = receiver.Reply.IsResp3;
            ref SharedRange message = ref isResp3 ? ref message3 : ref message2;
            if (message.Length == 0) message = _messages.OfKey(isResp3, taken.Key);
            _engine.Pushes.Send(receiver, message);
        }
        _keys!.Free(taken);
        Observe();
    }

    private void TellAll()
    {
        IReadOnlyList<ClientSession> clients = _engine.Clients.All;
        for (int i = 0; i < clients.Count; i++)
        {
            ClientSession client = clients[i];
            if (client.Tracking is not { IsOn: true }) continue;
            if (client == _engine.Pushes.Executing)
            {
                _own.AddAll();
                _engine.Pushes.ExpectOwn();
            }
            else if (FindReceiver(client) is { } receiver)
            {
                _engine.Pushes.Send(receiver, _messages.OfAll(receiver.Reply.IsResp3, client.Reply.IsResp3));
            }
        }
    }

    /// <summary>All that has changed, to the clients that want to know of their own changes too.</summary>
    private void TellFollowers(TrackedPrefix prefix, int count)
    {
        SharedRange message2 = default;
        SharedRange message3 = default;
        List<ClientSession> clients = prefix.Clients;
        for (int i = 0; i < clients.Count; i++)
        {
            if (LeavesOutOwn(clients[i], prefix) || FindReceiver(clients[i]) is not { } receiver) continue;
            bool isResp3 = receiver.Reply.IsResp3;
            ref SharedRange message = ref isResp3 ? ref message3 : ref message2;
            if (message.Length == 0)
            {
                message = prefix.HasLostSome ? _messages.OfAll(isResp3, isResp3) : _messages.OfKeys(isResp3, prefix.Changed, count, count, exceptBy: 0);
            }
            _engine.Pushes.Send(receiver, message);
        }
    }

    /// <summary>What others have changed, to the clients that want to know only that: a message for each of them.</summary>
    private void TellOthersChanges(TrackedPrefix prefix, int count)
    {
        List<ClientSession> clients = prefix.Clients;
        for (int i = 0; i < clients.Count; i++)
        {
            ClientSession client = clients[i];
            if (!LeavesOutOwn(client, prefix)) continue;
            int others = 0;
            for (int key = 0; key < count; key++) others += prefix.Changed.ChangedBy(key) != client.Id ? 1 : 0;
            if (others == 0 || FindReceiver(client) is not { } receiver) continue;
            _engine.Pushes.Send(receiver, _messages.OfKeys(receiver.Reply.IsResp3, prefix.Changed, count, others, client.Id));
        }
    }

    private static bool LeavesOutOwn(ClientSession client, TrackedPrefix prefix) =>
        client.Tracking!.Has(TrackingModes.NoLoop) && !prefix.HasLostSome;

    /// <summary>Who is told what a client tracks; null when nobody can be.</summary>
    private ClientSession? FindReceiver(ClientSession client)
    {
        ClientTracking tracking = client.Tracking!;
        if (tracking.RedirectId == 0) return client.Reply.IsResp3 ? client : null;
        if (_engine.Clients.Find(tracking.RedirectId) is { TakesNoMore: false } receiver)
        {
            // Within RESP2 there is no message but that of a channel.
            return receiver.Reply.IsResp3 || receiver.IsSubscriber ? receiver : null;
        }
        tracking.Modes |= TrackingModes.RedirectBroken;
        if (client.Reply.IsResp3) TellBroken(client, tracking.RedirectId);
        return null;
    }

    private void TellBroken(ClientSession client, long redirectId)
    {
        if (client.TakesNoMore) return;
        PushState before = _engine.Pushes.Begin(client);
        client.Reply.Push(2);
        client.Reply.Bulk("tracking-redir-broken"u8);
        client.Reply.Integer(redirectId);
        ClientPushes.End(client, before);
    }

    /// <summary>The executing client is told when its command is over.</summary>
    private void KeepForEnd(ReadOnlySpan<byte> key)
    {
        _own.Add(key);
        _engine.Pushes.ExpectOwn();
    }
}
