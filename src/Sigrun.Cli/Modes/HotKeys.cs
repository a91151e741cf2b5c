using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>Looks through all keys for those that are used most, by the counters that servers with an LFU policy keep.</summary>
internal sealed class HotKeys(Session session)
{
    private const int ProgressInterval = 1_000_000;

    /// <summary>The hottest keys found so far, the coolest of them first.</summary>
    private readonly List<(long Counter, string Key)> _hottest = [];

    /// <summary>Looks through all keys, or as many as the user has patience for.</summary>
    public void Run()
    {
        using var interrupt = new InterruptFlag();
        var scanner = new KeyScanner(session, interrupt);
        long total = scanner.CountKeys();
        session.Console.Print("\n# Scanning the entire keyspace to find hot keys as well as\n");
        session.Console.Print("# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec\n");
        session.Console.Print("# per 100 SCAN commands (not usually needed).\n\n");
        scanner.AllowReplicas();

        byte[][] command = ["OBJECT"u8.ToArray(), "FREQ"u8.ToArray()];
        long sampled = 0;
        double percent = 0;
        foreach (Reply[] keys in scanner.Walk(pauseAfterEachCall: false))
        {
            percent = 100.0 * sampled / total;
            Reply?[] counters = scanner.CallForEach(keys, i => [.. command, keys[i].Bytes], "freq");
            for (int i = 0; i < keys.Length; i++)
            {
                if (++sampled % ProgressInterval == 0) session.Console.PrintLine($"[{FixedText.Percent(percent)}%] Sampled {sampled} keys so far");
                string key = KeyScanner.Quote(keys[i]);
                if (Keep(ReadCounter(counters[i]!, key), key))
                    session.Console.PrintLine($"[{FixedText.Percent(percent)}%] Hot key '{key}' found so far with counter {counters[i]!.Integer}");
            }
        }

        session.Console.Print("\n-------- Summary --------\n\n");
        if (interrupt.IsSet) session.Console.Print($"[{FixedText.Percent(percent)}%] ");
        session.Console.PrintLine($"Sampled {sampled} keys in the keyspace!");
        for (int i = _hottest.Count - 1; i >= 0; i--)
            session.Console.PrintLine($"hot key found with counter: {_hottest[i].Counter}\tkeyname: {_hottest[i].Key}");
    }

    private long ReadCounter(Reply reply, string key)
    {
        if (reply.Type == ReplyType.Integer) return reply.Integer;
        if (!reply.IsError)
        {
            session.Console.Error($"Warning: OBJECT freq on '{key}' failed (may have been deleted)");
            return 0;
        }
        session.Console.Flush();
        throw ExitException.Failure($"Error: {reply.Text}");
    }

    /// <summary>Keeps a key if there is room, or a cooler one to give up.</summary>
    private bool Keep(long counter, string key)
    {
        int place = 0;
        while (place < _hottest.Count && _hottest[place].Counter < counter) place++;
        bool isFull = _hottest.Count == session.Options.HotKeys;
        if (counter == 0 || (isFull && place == 0)) return false;
        _hottest.Insert(place, (counter, key));
        if (isFull) _hottest.RemoveAt(0);
        return true;
    }
}
