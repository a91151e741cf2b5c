using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>DEBUG RELOAD: every value is saved and read again, as if the server had started from a file.</summary>
internal static class DebugReload
{
    /// <summary>Reloads all databases; keys whose time is over do not come back.</summary>
    public static void Run(CommandContext c)
    {
        var writer = new RdbWriter();
        var scratch = new ScratchBuffer();
        foreach (Database database in c.Engine.Databases)
        {
            var reload = new Reload(c.Engine, writer, scratch);
            ulong cursor = 0;
            do
            {
                cursor = database.Keys.Scan(cursor, ref reload);
            }
            while (cursor != 0);
            c.HasWritten = true;
            database.ReplaceAll(reload.Entries);
        }
        c.Reply.Ok();
    }

    private readonly struct Reload(Engine engine, RdbWriter writer, ScratchBuffer scratch) : IKeyVisitor
    {
        public List<EntryRef> Entries { get; } = [];

        public void Visit(EntryRef entry)
        {
            if (entry.HasExpiry && entry.ExpiryMs < engine.NowMs) return;
            Types.ValueType type = ValueTypes.Of(entry.Type);
            writer.Clear();
            type.Save(entry, writer);
            var target = new LoadTarget(engine.Heap, engine.Settings, engine.NowMs, entry.Key, entry.ExpiryMs);
            var reader = new RdbReader(writer.Written, scratch, long.MaxValue);
            type.Load(type.SavedAs(entry), ref reader, ref target);
            EntryRef loaded = target.Entry;
            loaded.Lru = entry.Lru;
            Entries.Add(loaded);
        }
    }
}
