namespace Sigrun.Cli.Interactive;

/// <summary>Where lines come from.</summary>
internal interface ILineReader
{
    /// <summary>Whether a line, or a part of one, has been read already.</summary>
    bool HasBufferedInput { get; }

    /// <summary>Waits for a line; null at the end.</summary>
    byte[]? ReadLine(string prompt);
}
