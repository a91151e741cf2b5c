namespace Sigrun.Storage;

/// <summary>The heap cannot hand out the memory that was asked for; nothing was changed.</summary>
public sealed class HeapExhaustedException : Exception
{
    /// <summary>Makes the exception for a request of that size.</summary>
    public HeapExhaustedException(long requestedBytes)
        : base($"The heap cannot provide {requestedBytes} bytes.") => RequestedBytes = requestedBytes;

    /// <summary>The size that could not be provided.</summary>
    public long RequestedBytes { get; }
}

/// <summary>The heap found that a block was misused: a broken invariant, never a user's mistake.</summary>
public sealed class HeapCorruptionException : Exception
{
    /// <summary>Makes the exception with what was found.</summary>
    public HeapCorruptionException(string message) : base(message)
    {
    }
}
