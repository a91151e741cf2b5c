namespace Sigrun.Types.HyperLogLogs;

/// <summary>Up to four strings of dense registers that are merged in one go, so that the result is read and written once for all.</summary>
internal ref struct DenseGroup
{
    /// <summary>How many there are room for.</summary>
    public const int Size = 4;

    /// <summary>The first; merging it twice does no harm, so it stands in for those that are missing.</summary>
    public ReadOnlySpan<byte> First;

    /// <summary>The second.</summary>
    public ReadOnlySpan<byte> Second;

    /// <summary>The third.</summary>
    public ReadOnlySpan<byte> Third;

    /// <summary>The fourth.</summary>
    public ReadOnlySpan<byte> Fourth;

    /// <summary>How many were added.</summary>
    public int Count { get; private set; }

    /// <summary>Adds one.</summary>
    public void Add(ReadOnlySpan<byte> registers)
    {
        switch (Count++)
        {
            case 0:
                First = Second = Third = Fourth = registers;
                break;
            case 1:
                Second = registers;
                break;
            case 2:
                Third = registers;
                break;
            default:
                Fourth = registers;
                break;
        }
    }

    /// <summary>Starts again.</summary>
    public void Clear() => Count = 0;
}
