namespace Sigrun.Generators;

/// <summary>One node of the tree that COMMAND DOCS calls <c>arguments</c>.</summary>
internal sealed class Argument
{
    public const string PureToken = "pure-token";
    public const string OneOf = "oneof";
    public const string Block = "block";

    public string Name { get; set; } = "";

    public string Type { get; set; } = "";

    /// <summary>The word that stands for the value in a syntax; null where it is the name.</summary>
    public string? DisplayText { get; set; }

    /// <summary>The key spec that finds this key, -1 for none.</summary>
    public int KeySpecIndex { get; set; } = -1;

    /// <summary>The fixed word that introduces the argument, or that it consists of.</summary>
    public string? Token { get; set; }

    public string? Since { get; set; }

    public string? DeprecatedSince { get; set; }

    public bool Optional { get; set; }

    public bool Multiple { get; set; }

    /// <summary>Whether each repetition brings the token again.</summary>
    public bool MultipleToken { get; set; }

    public IReadOnlyList<Argument> Children { get; set; } = [];

    public bool HasChildren => Type is OneOf or Block;
}
