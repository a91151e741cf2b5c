using Sigrun.Protocol;

namespace Sigrun.Commands;

/// <summary>A running command, as its handler sees it.</summary>
internal sealed class CommandContext : IArgumentSource
{
    private readonly byte[][] _arguments;

    /// <summary>Creates the context of a command.</summary>
    public CommandContext(byte[][] arguments, ReplyWriter reply)
    {
        _arguments = arguments;
        Reply = reply;
    }

    /// <summary>Where the reply goes.</summary>
    public ReplyWriter Reply { get; }

    /// <inheritdoc/>
    public int ArgCount => _arguments.Length;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Arg(int index) => _arguments[index];

    /// <summary>Whether an argument is this word, in any case.</summary>
    public bool ArgIs(int index, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(Arg(index), word);
}
