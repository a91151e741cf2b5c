namespace Sigrun.Observability;

/// <summary>Where finished log lines go.</summary>
internal interface ILogOutput
{
    /// <summary>Writes whole lines. Called by one thread at a time; an output that fails drops them.</summary>
    void Write(ReadOnlySpan<byte> lines);
}

/// <summary>An output that keeps nothing.</summary>
internal sealed class NoLogOutput : ILogOutput
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
    }
}

/// <summary>A log file, opened for each write so that it may be moved away or cut at any time.</summary>
internal sealed class FileLogOutput(string path) : ILogOutput
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        try
        {
            using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Write(lines);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A log that cannot be written must not take the server down, and there is no other place to say so.
        }
    }
}
