using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>DEBUG DIGEST and DEBUG DIGEST-VALUE: signatures of all data and of values.</summary>
/// <remarks>
/// The signature of a key mixes its name, the number of its type and its value, then adds that it expires, if it
/// does (not when). Those of a database are added, since keys have no order, after its number was mixed in. Empty
/// databases leave no trace. See <see cref="DatasetDigest"/>.
/// </remarks>
internal static class DebugDigests
{
    /// <summary>DEBUG DIGEST.</summary>
    public static void OfAll(CommandContext c)
    {
        byte[] bytes = new byte[DatasetDigest.Length];
        var digest = new DatasetDigest(bytes);
        foreach (Database database in c.Engine.Databases)
        {
            if (database.Keys.Count == 0) continue;
            digest.Mix(database.Index);
            var visitor = new DigestVisitor(bytes, c.NowMs);
            ulong cursor = 0;
            do cursor = database.Keys.Scan(cursor, ref visitor);
            while (cursor != 0);
        }
        Reply(c, bytes);
    }

    /// <summary>DEBUG DIGEST-VALUE: zeros for a key that is not there; one that has expired and is still there counts.</summary>
    public static void OfKeys(CommandContext c)
    {
        const int FirstKey = 2;
        c.Reply.Array(c.ArgCount - FirstKey);
        Span<byte> bytes = stackalloc byte[DatasetDigest.Length];
        for (int i = FirstKey; i < c.ArgCount; i++)
        {
            bytes.Clear();
            KeyRef key = c.Key(i);
            EntryRef entry = c.Db.Keys.Find(key.Hash, key.Bytes);
            var digest = new DatasetDigest(bytes) { NowMs = c.NowMs };
            if (!entry.IsNull) AddValue(entry, ref digest);
            Reply(c, bytes);
        }
    }

    private static void AddValue(EntryRef entry, ref DatasetDigest digest)
    {
        digest.Mix((int)entry.Type);
        ValueTypes.Of(entry.Type).Digest(entry, ref digest);
        if (entry.HasExpiry) digest.Add("!!expire!!"u8);
    }

    private static void Reply(CommandContext c, ReadOnlySpan<byte> digest)
    {
        Span<byte> text = stackalloc byte[DatasetDigest.Length * 2];
        Convert.TryToHexStringLower(digest, text, out _);
        c.Reply.SimpleString(text);
    }

    private readonly struct DigestVisitor(byte[] total, long nowMs) : IKeyVisitor
    {
        public void Visit(EntryRef entry)
        {
            Span<byte> bytes = stackalloc byte[DatasetDigest.Length];
            bytes.Clear();
            var digest = new DatasetDigest(bytes) { NowMs = nowMs };
            digest.Mix(entry.Key);
            AddValue(entry, ref digest);
            new DatasetDigest(total).Add(bytes);
        }
    }
}
