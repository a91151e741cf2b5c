using Sigrun.Clients;
using Sigrun.Network;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>What commands will need is fetched into the cache while those before them run.</summary>
internal sealed partial class CommandExecutor
{
    /// <summary>Requests, over several sessions, that are prefetched together.</summary>
    private const int GroupMax = 64;

    /// <summary>Groups of requests whose keys were prefetched together.</summary>
    public long PrefetchedGroups { get; private set; }

    /// <summary>Requests in these groups.</summary>
    public long PrefetchedKeys { get; private set; }

    /// <summary>Prefetches for the first sessions of the list; returns how many.</summary>
    private int PrefetchGroup(ReadOnlySpan<ConnectionSession> ready)
    {
        int window = _engine.PrefetchWindow;
        if (window == 0) return 1;
        int sessions = 0;
        int requests = 0;
        while (sessions < ready.Length && requests < GroupMax)
        {
            requests += Math.Min(PrefetchKeys<Lines>((ClientSession)ready[sessions++], 0, 3 * window), window);
        }
        for (int i = 0; i < sessions; i++) PrefetchKeys<Entries>((ClientSession)ready[i], 0, 2 * window);
        for (int i = 0; i < sessions; i++) PrefetchStructures((ClientSession)ready[i], 0, window);
        PrefetchedGroups++;
        PrefetchedKeys += requests;
        return sessions;
    }

    private static int PrefetchKeys<TStep>(ClientSession session, int offset, int window)
        where TStep : struct, IKeyPrefetch
    {
        CommandBatch batch = session.Batch!;
        KeyTable keys = session.Db.Keys;
        int from = batch.Executed + offset;
        int to = Math.Min(batch.Count, from + window);
        for (int i = from; i < to; i++)
        {
            ref ParsedCommand command = ref batch[i];
            if (command.HashedArgument != 0) TStep.Fetch(keys, command);
        }
        return Math.Max(0, to - from);
    }

    private static int AdvanceWindow(ClientSession session, int window)
    {
        PrefetchAhead(session, window);
        return session.Batch!.Executed + window;
    }

    /// <summary>
    /// When a window starts: the elements that it names in large values, the structures of the next window's values, the
    /// entries of the one after it and the lines of the one after that; each needs what was fetched for it a window
    /// before.
    /// </summary>
    private static void PrefetchAhead(ClientSession session, int window)
    {
        if (session.Batch!.NamesElements) PrefetchElements(session, window);
        PrefetchStructures(session, window, window);
        PrefetchKeys<Entries>(session, 2 * window, window);
        PrefetchKeys<Lines>(session, 3 * window, window);
    }

    private static void PrefetchStructures(ClientSession session, int offset, int window)
    {
        if (session.Batch!.NamesStructures) PrefetchKeys<Structures>(session, offset, window);
    }

    /// <summary>All lines first, then all entries: the processor waits for those of a window at the same time.</summary>
    private static void PrefetchElements(ClientSession session, int window)
    {
        CommandBatch batch = session.Batch!;
        KeyTable keys = session.Db.Keys;
        int to = Math.Min(batch.Count, batch.Executed + window);
        bool found = false;
        for (int i = batch.Executed; i < to; i++)
        {
            ref ParsedCommand command = ref batch[i];
            command.ElementHash = 0;
            if (command.HashedArgument == 0) continue;
            int element = CommandTable.Element[command.CommandId];
            if (element == 0 || element >= command.ArgumentCount) continue;
            command.ElementHash = keys.PrefetchElementLine(command.KeyHash, batch.ArgumentSpan(command.FirstArgument + element));
            found |= command.ElementHash != 0;
        }
        for (int i = batch.Executed; found && i < to; i++)
        {
            ref ParsedCommand command = ref batch[i];
            if (command.ElementHash != 0) keys.PrefetchElement(command.KeyHash, command.ElementHash);
        }
    }

    /// <summary>What is fetched of a key, each with what was fetched before it.</summary>
    private interface IKeyPrefetch
    {
        static abstract void Fetch(KeyTable keys, in ParsedCommand command);
    }

    private readonly struct Lines : IKeyPrefetch
    {
        public static void Fetch(KeyTable keys, in ParsedCommand command) => keys.PrefetchLine(command.KeyHash);
    }

    private readonly struct Entries : IKeyPrefetch
    {
        public static void Fetch(KeyTable keys, in ParsedCommand command) => keys.PrefetchEntry(command.KeyHash);
    }

    private readonly struct Structures : IKeyPrefetch
    {
        public static void Fetch(KeyTable keys, in ParsedCommand command)
        {
            if (CommandTable.UsesStructure[command.CommandId] != 0) keys.PrefetchStructure(command.KeyHash);
        }
    }
}
