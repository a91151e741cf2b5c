namespace Sigrun.Commands;

/// <summary>Something that holds the arguments of a command.</summary>
internal interface IArgumentSource
{
    /// <summary>How many arguments there are, the command's name included.</summary>
    int ArgCount { get; }

    /// <summary>One argument.</summary>
    /// <param name="index">0 is the command's name.</param>
    ReadOnlySpan<byte> Arg(int index);
}

/// <summary>
/// The arguments of one command, which may be the tail of another: in COMMAND GETKEYS GET k the list that starts at
/// 2 is the command whose keys are wanted.
/// </summary>
internal readonly ref struct ArgumentList
{
    private readonly IArgumentSource _source;
    private readonly int _start;

    /// <summary>Takes the arguments from <paramref name="start"/> on.</summary>
    /// <param name="source">The holder of the arguments.</param>
    /// <param name="start">The index that becomes 0.</param>
    public ArgumentList(IArgumentSource source, int start = 0)
    {
        _source = source;
        _start = start;
    }

    /// <summary>How many arguments there are, the command's name included.</summary>
    public int Count => _source.ArgCount - _start;

    /// <summary>One argument.</summary>
    /// <param name="index">0 is the command's name.</param>
    public ReadOnlySpan<byte> this[int index] => _source.Arg(_start + index);

    /// <summary>Whether an argument is this word, in any case.</summary>
    /// <param name="index">The argument.</param>
    /// <param name="word">The word in ASCII.</param>
    public bool Is(int index, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(this[index], word);
}
