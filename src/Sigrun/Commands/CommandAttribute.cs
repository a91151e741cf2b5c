namespace Sigrun.Commands;

/// <summary>
/// Declares a command. Everything the server knows about a command is generated from this one place: the
/// lookup table, the dispatch, the checks before it runs, its keys, its ACL categories, and what COMMAND tells.
/// </summary>
/// <remarks>
/// <para>
/// On a method (<c>static void Name(CommandContext)</c>) it declares a command and its handler. On a class it
/// declares a container: a command that only has subcommands, such as CONFIG. A subcommand names its container.
/// Mistakes (a duplicate, a handler of the wrong shape, a spec that does not parse) are compile errors.
/// </para>
/// <para>
/// <b>Key specs</b> (<see cref="Keys"/>) are separated by <c>;</c>. Each one is <c>where flag flag … 'note'</c>,
/// where <c>where</c> is one of
/// <list type="bullet">
/// <item><c>1</c>: the argument at index 1</item>
/// <item><c>1..-1</c>: from index 1 to the last argument; <c>1..-2</c>: to the last but one</item>
/// <item><c>1..+1</c>: from index 1 to the first one after it</item>
/// <item><c>1..-1/2</c>: every second of them; <c>1..-1%2</c>: the first half of them only</item>
/// <item><c>1#</c>: index 1 holds the number of keys, which follow it; <c>1#0,1,2</c>: the same with the offset
/// of the number, the offset of the first key and the step between keys</item>
/// <item><c>STORE@6</c> in place of an index: after the word STORE, looked for from index 6 on (a negative index
/// counts from the end and looks backwards); <c>STREAMS@1..-1%2</c> combines it with a range</item>
/// <item><c>?</c>: the place is not known from the position; <c>1?</c>: known begin, unknown extent</item>
/// </list>
/// and the flags are <c>RO RW OW RM access update insert delete not_key incomplete variable_flags</c>.
/// </para>
/// <para>
/// <b>Syntax</b> is what a reference page would show, with a few hints where the words alone cannot tell
/// (see <c>SyntaxParser</c> in the generator): <c>key value [condition: NX@2.6.12|XX@2.6.12] [EX seconds]</c>.
/// </para>
/// </remarks>
/// <param name="name">The command's name in capitals; for a subcommand the second word alone.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
internal sealed class CommandAttribute(string name) : Attribute
{
    /// <summary>The name in capitals; for a subcommand the second word alone.</summary>
    public string Name { get; } = name;

    /// <summary>The container of a subcommand, in capitals; null for a command of its own.</summary>
    public string? Container { get; init; }

    /// <summary>The number of arguments, the names included; a negative number means at least so many.</summary>
    public int Arity { get; init; }

    /// <summary>What the command is and where it may run.</summary>
    public CommandFlags Flags { get; init; }

    /// <summary>The functional group.</summary>
    public CommandGroup Group { get; init; }

    /// <summary>The version that introduced it.</summary>
    public string Since { get; init; } = "";

    /// <summary>The cost in big-O notation; empty where the command reference states none.</summary>
    public string Complexity { get; init; } = "";

    /// <summary>One sentence on what it does.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The arguments after the name; empty when there are none.</summary>
    public string Syntax { get; init; } = "";

    /// <summary>Where its keys are and how they are used; empty when it has none.</summary>
    public string Keys { get; init; } = "";

    /// <summary>
    /// The name of a static method of the same class, <c>static void Name(ArgumentList, ref KeyPositions)</c>,
    /// that finds the keys where the specs cannot; null when they can.
    /// </summary>
    public string? KeyFunction { get; init; }

    /// <summary>
    /// The argument that usually names an element of the first key's value, which is then fetched before the command
    /// runs; 0 when there is none.
    /// </summary>
    public int Element { get; init; }

    /// <summary>
    /// ACL categories that flags and group do not imply, separated by spaces; a leading '-' takes away one that
    /// the group implies.
    /// </summary>
    public string Acl { get; init; } = "";

    /// <summary>Hints for clients and proxies, separated by spaces.</summary>
    public string Tips { get; init; } = "";

    /// <summary>What changed since, each entry as <c>version: text</c>.</summary>
    public string[] History { get; init; } = [];

    /// <summary>The version from which on another command is to be used; null when it is current.</summary>
    public string? DeprecatedSince { get; init; }

    /// <summary>What to use in its stead.</summary>
    public string? ReplacedBy { get; init; }

    /// <summary>Remarks that only COMMAND DOCS shows.</summary>
    public CommandDocFlags DocFlags { get; init; }
}
