using System.Text;
using Sigrun.Client;

namespace Sigrun.Cli.Help;

/// <summary>What an argument can be.</summary>
internal enum ArgumentType
{
    /// <summary>Any word.</summary>
    Word,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A number.</summary>
    Double,

    /// <summary>A word of the command itself.</summary>
    PureToken,

    /// <summary>One of several.</summary>
    OneOf,

    /// <summary>Several together.</summary>
    Block,
}

/// <summary>An argument as COMMAND DOCS describes it, and how much of it somebody has typed.</summary>
internal sealed class ArgumentDoc
{
    /// <summary>What it can be.</summary>
    public ArgumentType Type { get; private set; }

    /// <summary>What stands for it in hints.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The word in front of it; null for none.</summary>
    public string? Token { get; private set; }

    /// <summary>Whether it may be missing.</summary>
    public bool IsOptional { get; private set; }

    /// <summary>Whether there may be several.</summary>
    public bool IsRepeated { get; private set; }

    /// <summary>Whether each of several has the word in front of it.</summary>
    public bool RepeatsToken { get; private set; }

    /// <summary>Its parts.</summary>
    public ArgumentDoc[] Parts { get; private set; } = [];

    /// <summary>Words that have been typed of it.</summary>
    public int Matched { get; set; }

    /// <summary>Whether its word has been typed.</summary>
    public bool TokenMatched { get; set; }

    /// <summary>Whether what it is called for has been typed.</summary>
    public bool NameMatched { get; set; }

    /// <summary>Whether nothing of it is missing.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Reads the list that COMMAND DOCS has of arguments.</summary>
    public static ArgumentDoc[] ReadAll(Reply list) => Array.ConvertAll(list.Elements, Read);

    /// <summary>Nothing of it has been typed.</summary>
    public void Forget()
    {
        Matched = 0;
        TokenMatched = NameMatched = IsComplete = false;
        foreach (ArgumentDoc part in Parts) part.Forget();
    }

    private static ArgumentDoc Read(Reply map)
    {
        var argument = new ArgumentDoc
        {
            Token = map.Find("token"u8)?.Text,
            Name = (map.Find("display_text"u8) ?? map.Find("name"u8))?.Text ?? "",
            Type = TypeOf(map.Find("type"u8)),
        };
        if (map.Find("arguments"u8) is { } parts) argument.Parts = ReadAll(parts);
        foreach (Reply flag in map.Find("flags"u8)?.Elements ?? [])
        {
            argument.IsOptional |= flag.Is("optional"u8);
            argument.IsRepeated |= flag.Is("multiple"u8);
            argument.RepeatsToken |= flag.Is("multiple_token"u8);
        }
        return argument;
    }

    private static ArgumentType TypeOf(Reply? name) => (name is null ? "" : Encoding.ASCII.GetString(name.Bytes)) switch
    {
        "integer" or "unix-time" => ArgumentType.Integer,
        "double" => ArgumentType.Double,
        "pure-token" => ArgumentType.PureToken,
        "oneof" => ArgumentType.OneOf,
        "block" => ArgumentType.Block,
        _ => ArgumentType.Word,
    };
}
