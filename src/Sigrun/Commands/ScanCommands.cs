using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>KEYS and SCAN: all keys, at once or in steps.</summary>
internal static class ScanCommands
{
    [Command("KEYS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Since = "1.0.0",
        Complexity = "O(N)", Acl = "dangerous", Tips = "request_policy:all_shards nondeterministic_output_order",
        Summary = "Lists the keys that match a pattern.", Syntax = "pattern")]
    public static void Keys(CommandContext c)
    {
        ReadOnlySpan<byte> pattern = c.Arg(1);
        ScanBuffer found = c.Engine.ScanBuffer;
        DeferredHeader header = c.Reply.BeginDeferred();
        long count = 0;
        ulong cursor = 0;
        do
        {
            found.Clear();
            var visitor = new KeyCollector(c, found, expires: false);
            cursor = c.Db.Keys.Scan(cursor, ref visitor);
            for (int i = 0; i < found.Count; i++)
            {
                if (!ScanOptions.IsAll(pattern) && !GlobPattern.Matches(pattern, found[i])) continue;
                c.Reply.Bulk(found[i]);
                count++;
            }
        }
        while (cursor != 0);
        found.Clear();
        c.Reply.EndDeferred(header, count);
    }

    [Command("SCAN", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys,
        Group = CommandGroup.Generic, Since = "2.8.0", Complexity = "O(1); O(N)",
        Tips = "nondeterministic_output request_policy:special response_policy:special",
        Summary = "Walks over the keys in small steps.", Syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type@6.0.0]",
        History = ["6.0.0: TYPE"])]
    public static void Scan(CommandContext c)
    {
        if (!ScanOptions.TryReadCursor(c, 1, out ulong cursor) || !ScanOptions.TryRead(c, 2, null, out ScanOptions options)) return;
        c.Engine.ScanBuffer.Clear();
        var visitor = new KeyCollector(c, c.Engine.ScanBuffer, expires: true) { Options = options };
        long steps = options.StepsMax;
        do
        {
            cursor = c.Db.Keys.Scan(cursor, ref visitor);
        }
        while (cursor != 0 && steps-- > 0 && visitor.Seen < options.Count);
        ScanOptions.Reply(c, cursor);
    }

    /// <summary>Collects the keys that pass the filters; an expired one is passed over and, where wanted, removed.</summary>
    private struct KeyCollector(CommandContext c, ScanBuffer found, bool expires) : IKeyVisitor
    {
        public long Seen { get; private set; }

        public ScanOptions Options { get; init; }

        public void Visit(EntryRef entry)
        {
            Seen++;
            if (Options.Type is { } type && entry.Type != type) return;
            if (!Options.Matches(c, entry.Key)) return;
            if (entry.HasExpiry && entry.ExpiryMs < c.NowMs && !c.Engine.IsExecutingImport)
            {
                if (expires) c.Db.ExpireIfDue(new KeyRef(entry.Key, c.Engine.Hasher.Hash(entry.Key)), entry);
                return;
            }
            found.Add(entry.Key);
        }
    }
}
