using System.Text;

namespace Sigrun.Commands;

/// <summary>The context of the sample commands: arguments and a note of what ran.</summary>
internal sealed class CommandContext(string request) : IArgumentSource
{
    private readonly byte[][] _arguments = [.. request.Split(' ').Select(word => word == "''" ? [] : Encoding.ASCII.GetBytes(word))];

    public string? Ran { get; set; }

    public int ArgCount => _arguments.Length;

    public ReadOnlySpan<byte> Arg(int index) => _arguments[index];
}
