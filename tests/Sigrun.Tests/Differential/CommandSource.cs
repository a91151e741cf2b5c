using System.Globalization;
using System.Text;

namespace Sigrun.Tests.Differential;

/// <summary>Draws random commands from the forms in commands.txt; the same seed draws the same commands.</summary>
/// <remarks>
/// Keys, values and numbers come from small pools, so that commands meet; one command in thirty is bent
/// afterwards (an argument lost, added, exchanged or replaced), which is where argument checks are found out.
/// Commands that set a time to live are not bent to a short one.
/// </remarks>
public sealed class CommandSource
{
    private const int BentOneIn = 30;
    private const int TailMax = 6;
    private const string NewerPrefix = "valkey ";

    private readonly Random _random;
    private readonly List<(int Weight, bool MayBend, Form[] Commands)> _forms = [];
    private readonly List<Form> _tails = [];
    private readonly int _weightSum;
    private readonly ArgumentPool _pool;

    public CommandSource(int seed)
    {
        _random = new Random(seed);
        _pool = new ArgumentPool(_random);
        foreach (string text in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Differential", "commands.txt")))
        {
            string line = text;
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.StartsWith(NewerPrefix, StringComparison.Ordinal))
            {
                if (Peer.IsRedis) continue;
                line = line[NewerPrefix.Length..];
            }
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            Form[] commands = [.. line[blank..].Split(" ; ").Select(c => new Form(c.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
            if (line.StartsWith("tail ", StringComparison.Ordinal)) _tails.Add(commands[0]);
            else _forms.Add((int.Parse(line[..blank].TrimEnd('!'), CultureInfo.InvariantCulture), line[blank - 1] != '!', commands));
        }
        _weightSum = _forms.Sum(f => f.Weight);
    }

    /// <summary>Payloads that RESTORE may be given; DUMP replies are added as they come.</summary>
    public ArgumentPool Pool => _pool;

    /// <summary>The next commands, those with short times to live at the end.</summary>
    public List<byte[][]> NextBatch(int count)
    {
        var batch = new List<byte[][]>();
        while (batch.Count < count) AddNext(batch);
        var keys = new HashSet<string>();
        for (int i = _random.Next(TailMax); i > 0; i--)
        {
            byte[][] command = [.. _tails[_random.Next(_tails.Count)].Expand(_random, _pool)];
            if (keys.Add(Encoding.Latin1.GetString(command[1]))) batch.Add(command);
        }
        return batch;
    }

    private void AddNext(List<byte[][]> batch)
    {
        int pick = _random.Next(_weightSum);
        int index = 0;
        while (pick >= _forms[index].Weight) pick -= _forms[index++].Weight;
        (_, bool mayBend, Form[] commands) = _forms[index];
        for (int i = 0; i < commands.Length; i++)
        {
            List<byte[]> arguments = commands[i].Expand(_random, _pool);
            if (mayBend && i == commands.Length - 1 && _random.Next(BentOneIn) == 0) Bend(arguments);
            if (Peer.IsRedis && HasOtherNumbers(arguments)) continue;
            if (Peer.IsRedis && LooksUpBeforeItChecks(arguments)) batch.Add(["TOUCH"u8.ToArray(), arguments[1]]);
            if (Peer.IsRedis && ConsumerOf(arguments) is { } creation) batch.Add(creation);
            batch.Add([.. arguments]);
        }
    }

    /// <summary>
    /// Commands that Redis 7.0 refuses only after it has looked at the key: it removes an expired one, which
    /// therefore must not be there.
    /// </summary>
    private static bool LooksUpBeforeItChecks(List<byte[]> arguments) =>
        arguments.Count > 1 && Encoding.Latin1.GetString(arguments[0]).ToUpperInvariant() is "BITCOUNT" or "BITPOS" or "GETEX";

    /// <summary>
    /// Redis 7.0 makes a consumer when it is given its first entry, not when it is first named. The command that makes
    /// the consumer which these arguments name.
    /// </summary>
    private static byte[][]? ConsumerOf(List<byte[]> arguments)
    {
        List<string> words = [.. arguments.Select(a => Encoding.Latin1.GetString(a).ToUpperInvariant())];
        int first = words[0] is "XCLAIM" or "XAUTOCLAIM" ? 2 : words.IndexOf("GROUP") + 1;
        int key = words[0] == "XREADGROUP" ? words.IndexOf("STREAMS") + 1 : 1;
        bool names = words[0] is "XCLAIM" or "XAUTOCLAIM" or "XREADGROUP" && first > 0 && key > 0 && Math.Max(key, first + 1) < words.Count;
        return names ? ["XGROUP"u8.ToArray(), "CREATECONSUMER"u8.ToArray(), arguments[key], arguments[first], arguments[first + 1]] : null;
    }

    /// <summary>Scores and distances that Redis 7.0 reads and Valkey refuses: hexadecimal ones, and with blanks in front.</summary>
    private static bool HasOtherNumbers(List<byte[]> arguments) =>
        (StartsWith(arguments[0], "Z") || StartsWith(arguments[0], "GEO"))
        && arguments.Exists(a => a.AsSpan().SequenceEqual("0x10"u8) || a is [(byte)' ', ..] or [(byte)'(', (byte)' ', ..] or [(byte)'(', (byte)'0', (byte)'x', ..]);

    private static bool StartsWith(byte[] name, string word) =>
        Encoding.Latin1.GetString(name).StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private void Bend(List<byte[]> arguments)
    {
        int at = _random.Next(arguments.Count);
        bool mayExpire = SetsExpiry(arguments[0]);
        switch (_random.Next(5))
        {
            case 0 when arguments.Count > 1:
                arguments.RemoveAt(Math.Max(1, at));
                break;
            case 1:
                arguments.Insert(at + 1, _pool.Next('w'));
                break;
            case 2 when arguments.Count > 2 && !mayExpire:
                int other = 1 + _random.Next(arguments.Count - 1);
                at = Math.Max(1, at);
                (arguments[at], arguments[other]) = (arguments[other], arguments[at]);
                break;
            case 3:
                arguments[at] = Encoding.ASCII.GetBytes(Encoding.Latin1.GetString(arguments[at]).ToLowerInvariant());
                break;
            default:
                if (at > 0) arguments[at] = _pool.Next(mayExpire ? "we"[_random.Next(2)] : "vnfokw"[_random.Next(6)]);
                break;
        }
    }

    private static bool SetsExpiry(byte[] name)
    {
        string text = Encoding.Latin1.GetString(name).ToUpperInvariant();
        return text.Contains("EX", StringComparison.Ordinal) || text is "SET" or "RESTORE";
    }
}
