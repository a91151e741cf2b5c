using System.Text;

namespace Sigrun.Tests.Differential;

/// <summary>
/// Where Sigrun follows Valkey 9.1 and Redis 7.0 does otherwise: each with its reason. What is not here has to be equal.
/// </summary>
internal static class KnownDifferences
{
    /// <summary>A difference in replies.</summary>
    /// <param name="Reason">Why the two differ.</param>
    /// <param name="Matches">Whether a command (its name in upper case) with these two replies is a case of it.</param>
    private sealed record ReplyDifference(string Reason, Func<string, byte[][], string, string, bool> Matches);

    private static readonly ReplyDifference[] Replies =
    [
        new("The limit of embedded strings depends on the length of key and value together; it was 44 bytes of value.",
            (name, _, ours, theirs) => name == "OBJECT" && IsStringEncoding(ours) && IsStringEncoding(theirs)),
    ];

    public static bool IsKnownReply(byte[][] command, byte[] ours, byte[] theirs)
    {
        string name = Encoding.Latin1.GetString(command[0]).ToUpperInvariant();
        string a = Encoding.Latin1.GetString(ours);
        string b = Encoding.Latin1.GetString(theirs);
        return Peer.IsRedis && Replies.Any(known => known.Matches(name, command, a, b));
    }

    public static bool AreKnownEvents(byte[][] command, List<KeyEvent> ours, List<KeyEvent> theirs) => false;

    public static bool AreKnownEffects(byte[][] command, List<Effect> ours, List<Effect> theirs) => false;

    private static bool IsStringEncoding(string reply) => reply is "$6\r\nembstr\r\n" or "$3\r\nraw\r\n";
}
