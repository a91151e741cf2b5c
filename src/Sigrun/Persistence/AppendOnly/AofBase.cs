using Sigrun.Configuration;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>What a base says and how, fixed when writing it begins.</summary>
internal sealed record AofBaseJob
{
    /// <summary>Whether the base is a snapshot; otherwise it is the commands that make the data.</summary>
    public required bool IsSnapshot { get; init; }

    /// <summary>What a snapshot says; its pauses, early synchronisation and functions are also those of commands.</summary>
    public required RdbSaveJob Snapshot { get; init; }

    /// <summary>The time that stands before commands, in seconds since 1970; −1 for none.</summary>
    public long TimestampSeconds { get; init; } = -1;
}

/// <summary>Writes the first part of an append-only file, which holds a whole data set, in the form that is wanted.</summary>
internal static class AofBase
{
    /// <summary>What a base that begins now says, whoever writes it.</summary>
    public static AofBaseJob NewJob(Engine engine)
    {
        PersistenceSettings settings = engine.Settings.Persistence;
        // Commands that load functions could not be run again: there are none yet.
        bool isSnapshot = settings.AofUseRdbPreamble || engine.Snapshots.Functions.Count > 0;
        RdbSaveJob snapshot = engine.Snapshots.NewJob() with { SyncsEarly = settings.AofRewriteIncrementalFsync };
        return new AofBaseJob
        {
            IsSnapshot = isSnapshot,
            // Commands say everything, whatever a snapshot could.
            Snapshot = isSnapshot ? snapshot : snapshot with { Version = RdbFormat.Version },
            TimestampSeconds = settings.AofTimestamps ? engine.NowMs / 1000 : -1,
        };
    }

    /// <summary>Writes a base to an open file; synchronising it is left to the caller. Works on any thread.</summary>
    /// <param name="file">The file.</param>
    /// <param name="job">What it says and how.</param>
    /// <param name="records">The keys.</param>
    /// <param name="settings">What values are like that are put together of pieces.</param>
    /// <exception cref="FileSystemException">The file cannot be written.</exception>
    /// <exception cref="RdbUnsupportedException">The version of the snapshot has no form for a value.</exception>
    public static void Write(IWritableFile file, AofBaseJob job, IRdbRecords records, EngineSettings settings)
    {
        if (job.IsSnapshot)
        {
            RdbFileSaver.WriteWhole(file, job.Snapshot with { IsAofBase = true }, records);
            return;
        }
        var output = new DataFileOutput(file, sums: false, job.Snapshot.SyncsEarly);
        using var portions = new PortionedRecords(records, settings, job.Snapshot.CreatedSeconds * 1000);
        new CommandEncoder(new CommandWriter(output), job).WriteAll(portions);
    }
}
