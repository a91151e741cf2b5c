namespace Sigrun.Persistence.AppendOnly;

/// <summary>A stream as a file that is read from its beginning.</summary>
internal sealed class StreamFile(Stream stream) : IDataFile
{
    /// <inheritdoc/>
    public long Length => stream.Length;

    /// <inheritdoc/>
    public int Read(Span<byte> target) => stream.Read(target);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void StartSync() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Sync() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}
