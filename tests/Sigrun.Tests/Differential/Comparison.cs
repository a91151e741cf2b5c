using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Sigrun.Tests.Differential;

/// <summary>Whether two servers said the same, apart from what each is free to choose and from the moment they said it.</summary>
internal static class Comparison
{
    /// <summary>How far apart the two servers may have executed a command.</summary>
    private const long ToleranceMs = 20_000;

    public static bool SameReply(byte[][] command, byte[] ours, byte[] theirs)
    {
        if (ours.AsSpan().SequenceEqual(theirs)) return true;
        string name = Encoding.Latin1.GetString(command[0]).ToUpperInvariant();
        return name switch
        {
            "PTTL" or "PEXPIRETIME" => Near(ours, theirs, ToleranceMs),
            "TTL" or "EXPIRETIME" => Near(ours, theirs, ToleranceMs / 1000),
            "OBJECT" when IsWord(command, "IDLETIME") => Near(ours, theirs, ToleranceMs / 1000),
            "KEYS" or "SMEMBERS" or "SINTER" or "SUNION" or "SDIFF" or "SPOP" or "HKEYS" => SameSet(ours, theirs),
            "HVALS" => SameItems(ours, theirs),
            "HGETALL" => SamePairs(ours, theirs),
            "SSCAN" or "HSCAN" => SameScanOfElements(ours, theirs),
            "SCAN" => SameScan(command, ours, theirs),
            "RANDOMKEY" => ours[0] == '$' && theirs[0] == '$' && ours[1] != '-' && theirs[1] != '-',
            "DUMP" => SamePayload(ours, theirs),
            "XPENDING" => SameLines(ours, theirs, IsIdleTime),
            "XINFO" => SameLines(ours, theirs, IsMomentary),
            _ => false,
        };
    }

    public static bool SameEffect(Effect ours, Effect theirs)
    {
        if (ours.Database != theirs.Database || ours.Arguments.Length != theirs.Arguments.Length) return false;
        for (int i = 0; i < ours.Arguments.Length; i++)
        {
            if (!ours.Arguments[i].AsSpan().SequenceEqual(theirs.Arguments[i]) && !SameTime(ours.Arguments[i], theirs.Arguments[i])) return false;
        }
        return true;
    }

    /// <summary>Two Unix times in milliseconds that a relative time came to on either side.</summary>
    private static bool SameTime(byte[] ours, byte[] theirs) =>
        long.TryParse(Encoding.Latin1.GetString(ours), NumberStyles.None, CultureInfo.InvariantCulture, out long a)
        && long.TryParse(Encoding.Latin1.GetString(theirs), NumberStyles.None, CultureInfo.InvariantCulture, out long b)
        && a > 1_000_000_000_000 && Math.Abs(a - b) <= ToleranceMs;

    private static bool IsWord(byte[][] command, string word) =>
        command.Length > 1 && Encoding.Latin1.GetString(command[1]).Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool Near(byte[] ours, byte[] theirs, long tolerance) =>
        Integer(ours) is { } a && Integer(theirs) is { } b && a >= 0 && b >= 0 && Math.Abs(a - b) <= tolerance;

    private static long? Integer(byte[] reply) =>
        reply[0] == ':' && long.TryParse(Encoding.ASCII.GetString(reply, 1, reply.Length - 3), out long value) ? value : null;

    /// <summary>Replies that are the same line by line, but for numbers that depend on the moment or on the server.</summary>
    private static bool SameLines(byte[] ours, byte[] theirs, Func<string[], int, bool> isFree)
    {
        string[] left = Encoding.Latin1.GetString(ours).Split("\r\n");
        string[] right = Encoding.Latin1.GetString(theirs).Split("\r\n");
        if (left.Length != right.Length) return false;
        for (int i = 0; i < left.Length; i++)
        {
            bool isSame = left[i] == right[i] || (left[i].StartsWith(':') && right[i].StartsWith(':') && isFree(left, i));
            if (!isSame) return false;
        }
        return true;
    }

    /// <summary>The time since an entry was delivered, in front of the number of deliveries.</summary>
    private static bool IsIdleTime(string[] lines, int at) => at + 1 < lines.Length && lines[at + 1].StartsWith(':');

    private static bool IsMomentary(string[] lines, int at) =>
        lines[at].Length > 13 || (at > 0 && lines[at - 1] is "idle" or "inactive" or "seen-time" or "active-time" or "radix-tree-nodes");

    private static bool SameSet(byte[] ours, byte[] theirs) =>
        ours[0] == theirs[0] && ours[0] is (byte)'*' or (byte)'~' && Sorted(Peer.Bulks(ours)).SequenceEqual(Sorted(Peer.Bulks(theirs)));

    private static bool SameItems(byte[] ours, byte[] theirs) =>
        ours[0] == theirs[0] && ours[0] == '*' && Texts(ours).Order(StringComparer.Ordinal).SequenceEqual(Texts(theirs).Order(StringComparer.Ordinal));

    /// <summary>Fields with their values, in any order.</summary>
    private static bool SamePairs(byte[] ours, byte[] theirs) =>
        ours[0] == theirs[0] && ours[0] is (byte)'*' or (byte)'%' && Pairs(ours).SequenceEqual(Pairs(theirs));

    private static IEnumerable<string> Pairs(byte[] reply) =>
        Texts(reply).Chunk(2).Select(p => string.Join('\n', p)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Texts(byte[] reply) => Peer.Bulks(reply).Select(Encoding.Latin1.GetString);

    /// <summary>A scan of all elements at once: of a hash, fields and values in turn.</summary>
    private static bool SameScanOfElements(byte[] ours, byte[] theirs)
    {
        byte[] end = "*2\r\n$1\r\n0\r\n"u8.ToArray();
        return ours.AsSpan().StartsWith(end) && theirs.AsSpan().StartsWith(end) && SameItems(ours[end.Length..], theirs[end.Length..]);
    }

    /// <summary>The order of a scan, and so its cursor, is each server's own; a scan that took one step found the same keys.</summary>
    private static bool SameScan(byte[][] command, byte[] ours, byte[] theirs)
    {
        byte[] end = "*2\r\n$1\r\n0\r\n"u8.ToArray();
        if (ours[0] != '*' || theirs[0] != '*') return false;
        bool oursEnded = ours.AsSpan().StartsWith(end);
        bool theirsEnded = theirs.AsSpan().StartsWith(end);
        bool fromStart = IsWord(command, "0");
        return !fromStart || !oursEnded || !theirsEnded || SameSet(ours[end.Length..], theirs[end.Length..]);
    }

    /// <summary>A payload ends in two bytes of version and eight of checksum. The order of a table, and of a listpack made from one, is each server's own.</summary>
    private static bool SamePayload(byte[] ours, byte[] theirs)
    {
        if (ours[0] != '$' || theirs[0] != '$' || ours.Length != theirs.Length || ours.Length <= 12) return false;
        int type = Array.IndexOf(ours, (byte)'\n') + 1;
        bool hasNoOrder = ours[type] is 2 or 4 or 20 or 22 && theirs[type] == ours[type];
        return hasNoOrder || SameButTimes(ours.AsSpan(0, ours.Length - 12), theirs.AsSpan(0, theirs.Length - 12));
    }

    /// <summary>Groups of streams keep times, eight bytes each, of when something was delivered.</summary>
    private static bool SameButTimes(ReadOnlySpan<byte> ours, ReadOnlySpan<byte> theirs)
    {
        for (int at = ours.CommonPrefixLength(theirs); at < ours.Length; at += ours[at..].CommonPrefixLength(theirs[at..]))
        {
            int start = Math.Max(0, at - sizeof(long) + 1);
            while (start <= at && (start + sizeof(long) > ours.Length || !NearTimes(ours[start..], theirs[start..]))) start++;
            if (start > at) return false;
            at = start + sizeof(long);
        }
        return true;
    }

    private static bool NearTimes(ReadOnlySpan<byte> ours, ReadOnlySpan<byte> theirs)
    {
        long a = BinaryPrimitives.ReadInt64LittleEndian(ours);
        long b = BinaryPrimitives.ReadInt64LittleEndian(theirs);
        return a is > 1_000_000_000_000 and < 10_000_000_000_000 && Math.Abs(a - b) <= ToleranceMs;
    }

    /// <summary>A scan may find a key twice.</summary>
    private static IEnumerable<string> Sorted(byte[][] items) => items.Select(Encoding.Latin1.GetString).Distinct().Order(StringComparer.Ordinal);
}
