using System.Text;
using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>
/// Looks through all keys for the largest of each type, by number of elements or by memory, and says how many there are of each
/// and how large they are.
/// </summary>
internal sealed class BigKeys
{
    private const int ProgressInterval = 1_000_000;

    private readonly Session _session;
    private readonly bool _byMemory;
    private readonly List<TypeFigures> _types = TypeFigures.Known();
    private KeyScanner? _scanner;
    private long _sampled;
    private long _keyBytes;
    private double _percent;

    /// <summary>A search by elements or by memory.</summary>
    public BigKeys(Session session, bool byMemory)
    {
        _session = session;
        _byMemory = byMemory;
    }

    /// <summary>Looks through all keys, or as many as the user has patience for.</summary>
    public void Run()
    {
        using var interrupt = new InterruptFlag();
        _scanner = new KeyScanner(_session, interrupt);
        long total = _scanner.CountKeys();
        _session.Console.Print("\n# Scanning the entire keyspace to find biggest keys as well as\n");
        _session.Console.Print("# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec\n");
        _session.Console.Print("# per 100 SCAN commands (not usually needed).\n\n");
        _scanner.AllowReplicas();
        foreach (Reply[] keys in _scanner.Walk(pauseAfterEachCall: false))
        {
            TypeFigures?[] types = FindTypes(keys);
            Count(keys, types, Measure(keys, types));
            _percent = 100.0 * _sampled / total;
        }
        PrintSummary(interrupt.IsSet);
    }

    private TypeFigures?[] FindTypes(Reply[] keys)
    {
        byte[] command = "TYPE"u8.ToArray();
        Reply?[] replies = _scanner!.CallForEach(keys, i => [command, keys[i].Bytes], "type");
        var types = new TypeFigures?[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            Reply reply = replies[i]!;
            if (reply.IsError) throw Fail($"TYPE returned an error: {reply.Text}");
            if (reply.Type != ReplyType.Status) throw Fail($"Invalid reply type ({(int)reply.Type}) for TYPE on key '{keys[i].Text}'!");
            // A key may have gone in the meantime.
            if (!reply.Is("none"u8)) types[i] = FindType(reply.Text);
        }
        return types;
    }

    /// <summary>Types of modules are counted too.</summary>
    private TypeFigures FindType(string name)
    {
        TypeFigures? found = _types.Find(t => t.Name == name);
        if (found is null) _types.Add(found = new TypeFigures(name, null, "?"));
        return found;
    }

    private long[] Measure(Reply[] keys, TypeFigures?[] types)
    {
        Reply?[] replies = _scanner!.CallForEach(keys, i => types[i] is { } type ? SizeCommand(type, keys[i].Bytes) : null, "size");
        var sizes = new long[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            if (replies[i] is not { } reply) continue;
            if (reply.Type == ReplyType.Integer) sizes[i] = reply.Integer;
            else _session.Console.Error($"Warning:  {(_byMemory ? "MEMORY USAGE" : types[i]!.SizeCommand)} on '{keys[i].Text}' failed (may have changed type)");
        }
        return sizes;
    }

    private byte[][]? SizeCommand(TypeFigures type, byte[] key)
    {
        if (!_byMemory) return type.SizeCommand is null ? null : [Encoding.ASCII.GetBytes(type.SizeCommand), key];
        if (_session.Options.MemorySamples == 0) return ["MEMORY"u8.ToArray(), "USAGE"u8.ToArray(), key];
        return ["MEMORY"u8.ToArray(), "USAGE"u8.ToArray(), key, "SAMPLES"u8.ToArray(), Encoding.ASCII.GetBytes($"{_session.Options.MemorySamples}")];
    }

    private void Count(Reply[] keys, TypeFigures?[] types, long[] sizes)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (types[i] is not { } type) continue;
            type.Total += sizes[i];
            type.Count++;
            _keyBytes += keys[i].Bytes.Length;
            _sampled++;
            if (type.Biggest < sizes[i])
            {
                type.BiggestKey = KeyScanner.Quote(keys[i]);
                type.Biggest = sizes[i];
                _session.Console.PrintLine($"[{FixedText.Percent(_percent)}%] Biggest {type.Name,-6} found so far '{type.BiggestKey}' with {sizes[i]} {Unit(type)}");
            }
            if (_sampled % ProgressInterval == 0) _session.Console.PrintLine($"[{FixedText.Percent(_percent)}%] Sampled {_sampled} keys so far");
        }
    }

    private void PrintSummary(bool isInterrupted)
    {
        _session.Console.Print("\n-------- Summary --------\n\n");
        if (isInterrupted) _session.Console.Print($"[{FixedText.Percent(_percent)}%] ");
        _session.Console.PrintLine($"Sampled {_sampled} keys in the keyspace!");
        _session.Console.Print($"Total key length in bytes is {_keyBytes} (avg len {FixedText.Two(_keyBytes == 0 ? 0 : (double)_keyBytes / _sampled)})\n\n");
        foreach (TypeFigures type in _types)
        {
            if (type.BiggestKey is not null) _session.Console.PrintLine($"Biggest {type.Name,6} found '{type.BiggestKey}' has {type.Biggest} {Unit(type)}");
        }
        _session.Console.Print("\n");
        foreach (TypeFigures type in _types)
        {
            double share = _sampled == 0 ? 0 : 100.0 * type.Count / _sampled;
            double average = type.Count == 0 ? 0 : (double)type.Total / type.Count;
            _session.Console.PrintLine($"{type.Count} {type.Name}s with {type.Total} {Unit(type)} ({FixedText.Percent(share)}% of keys, avg size {FixedText.Two(average)})");
        }
    }

    private string Unit(TypeFigures type) => _byMemory ? "bytes" : type.Unit;

    private ExitException Fail(string message)
    {
        _session.Console.Flush();
        return ExitException.Failure(message);
    }
}
