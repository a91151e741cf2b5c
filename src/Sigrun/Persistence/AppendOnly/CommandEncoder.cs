using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>Writes a whole data set as the commands that make it: functions, then one key after the other.</summary>
/// <remarks>
/// The counterpart of <see cref="RdbEncoder"/>, and like it without knowledge of files and of where keys come from: any
/// thread may run it that may read the entries.
/// </remarks>
internal sealed class CommandEncoder(CommandWriter writer, AofBaseJob job)
{
    private int _database = -1;
    private RequestedDelay _delay;

    /// <summary>Writes everything.</summary>
    public void WriteAll(IRdbRecords records)
    {
        if (job.TimestampSeconds >= 0) writer.WriteRaw(System.Text.Encoding.ASCII.GetBytes($"#TS:{job.TimestampSeconds}\r\n"));
        foreach (byte[] library in job.Snapshot.Functions) writer.Begin(3).Add("FUNCTION"u8).Add("LOAD"u8).Add(library);
        while (records.TryNext(out int database, out EntryRef entry))
        {
            if (database != _database) writer.Begin(2).Add("SELECT"u8).Add(database);
            _database = database;
            ValueTypes.Of(entry.Type).SaveAsCommands(entry, writer);
            if (entry.HasExpiry) writer.Begin(3).Add("PEXPIREAT"u8).Add(entry.Key).Add(entry.ExpiryMs);
            _delay.Wait(job.Snapshot.DelayMicros, job.Snapshot.Cancellation);
        }
        writer.Drain();
    }
}
