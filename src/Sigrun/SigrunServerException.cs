namespace Sigrun;

/// <summary>A server inside a program cannot start, cannot stop as asked, or has failed.</summary>
public sealed class SigrunServerException : Exception
{
    /// <summary>Creates it without words.</summary>
    public SigrunServerException()
    {
    }

    /// <summary>Creates it.</summary>
    /// <param name="message">What is wrong, in the words of the log or of the configuration's report.</param>
    public SigrunServerException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">What it comes from.</param>
    public SigrunServerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
