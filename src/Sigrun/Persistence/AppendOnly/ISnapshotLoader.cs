namespace Sigrun.Persistence.AppendOnly;

/// <summary>Loads a snapshot with which an append-only file begins.</summary>
internal interface ISnapshotLoader
{
    /// <summary>Loads the entries of a snapshot into the engine's databases, up to the checksum behind its end.</summary>
    /// <param name="engine">The engine, whose databases are empty.</param>
    /// <param name="stream">The file, at its beginning; may be read ahead.</param>
    /// <param name="length">The bytes of the snapshot, checksum included.</param>
    /// <returns>False, with the reason in the log, when it cannot be loaded.</returns>
    bool TryLoad(Engine engine, Stream stream, out long length);
}
