using Sigrun.Protocol;

namespace Sigrun.Commands;

/// <summary>The arguments of a request that does not run yet: what runs before it keeps the context.</summary>
internal sealed class RequestArguments : IArgumentSource
{
    private CommandBatch _batch = null!;
    private int _first;

    /// <inheritdoc/>
    public int ArgCount { get; private set; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Arg(int index) => _batch.ArgumentSpan(_first + index);

    /// <summary>Points it at a request.</summary>
    public void Point(CommandBatch batch, in ParsedCommand command)
    {
        _batch = batch;
        _first = command.FirstArgument;
        ArgCount = command.ArgumentCount;
    }
}
