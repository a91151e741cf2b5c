using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Blocking;

/// <summary>
/// The clients that wait for keys to get something. A waiting client costs nothing until one of its keys is
/// written: then, after the command that wrote it, its own command runs again.
/// </summary>
/// <remarks>
/// Clients are served in the order in which they began to wait for the key; keys in the order in which they were
/// written. What a served command writes may make further keys ready, which are served in the same go.
/// </remarks>
internal sealed class BlockedClients : IKeyObserver
{
    private readonly Engine _engine;
    private readonly KeyRegister<KeyQueue> _keys;
    private PriorityQueue<(ClientSession Client, long Number), long>? _deadlines;
    private List<KeyQueue> _ready = [];
    private List<KeyQueue> _serving = [];
    private long _waits;

    /// <summary>Creates the register of an engine.</summary>
    public BlockedClients(Engine engine)
    {
        _engine = engine;
        _keys = new KeyRegister<KeyQueue>(engine.Settings.Process.Databases, engine.Hasher);
    }

    /// <summary>Clients that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Clients that wait no longer than a given time.</summary>
    public int TimedCount { get; private set; }

    /// <summary>Keys that are waited for.</summary>
    public int KeyCount => _keys.Count;

    /// <summary>Keys whose removal is waited for.</summary>
    public int RemovalKeyCount { get; private set; }

    /// <summary>True when a key that is waited for was written.</summary>
    public bool HasReadyKeys => _ready.Count > 0 && !_engine.IsReplaying;

    /// <summary>Milliseconds until the next wait is over, at most the given number.</summary>
    public int NextTimeoutMs(int most)
    {
        while (_deadlines is not null && _deadlines.TryPeek(out (ClientSession Client, long Number) next, out long deadline))
        {
            if (IsCurrent(next)) return (int)Math.Clamp(deadline - _engine.NowMs + 1, 0, most);
            _deadlines.Dequeue();
        }
        return most;
    }

    /// <summary>Makes the client of the running command wait for keys of a type.</summary>
    public void Block(CommandContext c, EntryType type, int firstKey, int keyCount, bool wakesOnRemoval)
    {
        ClientWait wait = c.Client.Wait!;
        wait.Type = type;
        wait.WakesOnRemoval = wakesOnRemoval;
        wait.Number = ++_waits;
        for (int i = firstKey; i < firstKey + keyCount; i++) Enqueue(c.Client, wait, c.Db, c.Arg(i));
        if (Count++ == 0) _engine.Observers.Add(this);
        c.Client.IsBlocked = true;
        c.Client.Suspend();
        if (wait.DeadlineMs == 0) return;
        TimedCount++;
        _deadlines ??= new PriorityQueue<(ClientSession Client, long Number), long>();
        _deadlines.Enqueue((c.Client, wait.Number), wait.DeadlineMs);
        DropStaleDeadlines(_deadlines);
    }

    /// <summary>Takes a client out of all queues: it is served, or gone.</summary>
    public void Release(ClientSession client)
    {
        if (!client.IsBlocked) return;
        ClientWait wait = client.Wait!;
        foreach ((KeyQueue queue, LinkedListNode<ClientSession> place) in wait.Keys) Dequeue(queue, place, wait);
        wait.Keys.Clear();
        client.IsBlocked = false;
        if (wait.DeadlineMs != 0) TimedCount--;
        if (--Count == 0) _engine.Observers.Remove(this);
    }

    /// <summary>Runs the commands of the clients whose keys were written.</summary>
    public void ServeReadyKeys()
    {
        while (HasReadyKeys)
        {
            (_ready, _serving) = (_serving, _ready);
            foreach (KeyQueue queue in _serving) Serve(queue);
            _serving.Clear();
        }
    }

    /// <summary>Ends the waits whose time is over.</summary>
    public void EndOverdue()
    {
        while (_deadlines is not null && _deadlines.TryPeek(out (ClientSession Client, long Number) next, out long deadline) && deadline < _engine.NowMs)
        {
            _deadlines.Dequeue();
            if (IsCurrent(next)) EndWait(next.Client, error: default);
        }
    }

    /// <summary>Ends a client's wait with the reply for waiting in vain, or with an error.</summary>
    public void EndWait(ClientSession client, ReadOnlySpan<byte> error)
    {
        ClientWait wait = client.Wait!;
        Release(client);
        PushState before = _engine.Pushes.Begin(client, isReply: true);
        if (error.IsEmpty) WriteTimeout(client, wait.TimeoutReply);
        else client.Reply.Error(error);
        ClientPushes.End(client, before);
        _engine.Executor.CountWait(client, wait, hasFailed: !error.IsEmpty);
        wait.Request.Clear();
        client.EndSilence();
        _engine.Resume(client);
    }

    /// <summary>Writes what a client is told that has waited in vain.</summary>
    public static void WriteTimeout(ClientSession client, BlockedReply reply)
    {
        switch (reply)
        {
            case BlockedReply.Null:
                client.Reply.Null();
                break;
            case BlockedReply.NullArray:
                client.Reply.NullArray();
                break;
            case BlockedReply.Replicas:
                client.Reply.Integer(0);
                break;
            case BlockedReply.Durability:
                client.Reply.Array(2);
                client.Reply.Integer(client.Engine.IsDurable(client) ? 1 : 0);
                client.Reply.Integer(0);
                break;
        }
    }

    /// <inheritdoc/>
    public void OnKeyWritten(int database, ReadOnlySpan<byte> key)
    {
        if (_keys.TryGet(database, key, out KeyQueue? queue)) MakeReady(queue);
    }

    /// <inheritdoc/>
    public void OnDatabaseFlushing(int database)
    {
        foreach (KeyQueue queue in _keys.In(database))
        {
            if (queue.RemovalWaiters > 0) MakeReady(queue);
        }
    }

    /// <inheritdoc/>
    public void OnDatabasesSwapping(int first, int second)
    {
        foreach (KeyQueue queue in _keys.In(first)) MakeReady(queue);
        foreach (KeyQueue queue in _keys.In(second)) MakeReady(queue);
    }

    private static bool IsCurrent((ClientSession Client, long Number) entry) =>
        entry.Client.IsBlocked && entry.Client.Wait!.Number == entry.Number;

    private void MakeReady(KeyQueue queue)
    {
        if (queue.IsReady) return;
        queue.IsReady = true;
        _ready.Add(queue);
    }

    private void Enqueue(ClientSession client, ClientWait wait, Database database, ReadOnlySpan<byte> key)
    {
        if (!_keys.TryGet(database.Index, key, out KeyQueue? queue))
        {
            queue = new KeyQueue(database, key.ToArray());
            _keys.Add(database.Index, queue.Key, queue);
        }
        // The same key may be named twice.
        if (queue.Clients.Last?.Value == client) return;
        wait.Keys.Add((queue, queue.Clients.AddLast(client)));
        if (wait.WakesOnRemoval && queue.RemovalWaiters++ == 0) RemovalKeyCount++;
    }

    private void Dequeue(KeyQueue queue, LinkedListNode<ClientSession> place, ClientWait wait)
    {
        queue.Clients.Remove(place);
        if (wait.WakesOnRemoval && --queue.RemovalWaiters == 0) RemovalKeyCount--;
        if (queue.Clients.Count == 0) _keys.Remove(queue.Database.Index, queue.Key);
    }

    /// <summary>Each client of the queue gets one chance: one that blocks again is behind the others.</summary>
    private void Serve(KeyQueue queue)
    {
        queue.IsReady = false;
        long last = _waits;
        LinkedListNode<ClientSession>? next = queue.Clients.First;
        while (next is { } node && node.Value.Wait!.Number <= last)
        {
            next = node.Next;
            ClientWait wait = node.Value.Wait!;
            long number = wait.Number;
            EntryRef entry = queue.Database.Peek(new KeyRef(queue.Key, _engine.Hasher.Hash(queue.Key)));
            _engine.Effects.EndUnit();
            if (wait.WakesOnRemoval || (!entry.IsNull && entry.Type == wait.Type)) _engine.Executor.Rerun(node.Value);
            // What a command leads to may have ended the wait of the next one.
            if (next is { List: null }) next = FirstAfter(queue, number);
        }
    }

    private static LinkedListNode<ClientSession>? FirstAfter(KeyQueue queue, long number)
    {
        LinkedListNode<ClientSession>? node = queue.Clients.First;
        while (node is not null && node.Value.Wait!.Number <= number) node = node.Next;
        return node;
    }

    /// <summary>Most waits end before their time, and leave their deadlines behind.</summary>
    private void DropStaleDeadlines(PriorityQueue<(ClientSession Client, long Number), long> deadlines)
    {
        const int KeptMin = 1024;
        if (deadlines.Count < KeptMin || deadlines.Count < TimedCount * 2) return;
        var current = deadlines.UnorderedItems.Where(static item => IsCurrent(item.Element)).ToArray();
        deadlines.Clear();
        deadlines.EnqueueRange(current);
    }
}
