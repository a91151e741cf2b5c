namespace Sigrun.Cli.Modes;

/// <summary>What is known of the keys of a type.</summary>
internal sealed class TypeFigures(string name, string? sizeCommand, string unit)
{
    /// <summary>The type as TYPE names it.</summary>
    public string Name { get; } = name;

    /// <summary>The command that tells how large a value is; null where there is none.</summary>
    public string? SizeCommand { get; } = sizeCommand;

    /// <summary>What that command counts.</summary>
    public string Unit { get; } = unit;

    /// <summary>The size of the largest value.</summary>
    public long Biggest { get; set; }

    /// <summary>Its key in quotes; null as long as there is none.</summary>
    public string? BiggestKey { get; set; }

    /// <summary>Keys.</summary>
    public long Count { get; set; }

    /// <summary>The sum of their sizes.</summary>
    public long Total { get; set; }

    /// <summary>The types that every server has, in the order in which Valkey's tool tells of them.</summary>
    public static List<TypeFigures> Known() =>
    [
        new("list", "LLEN", "items"), new("hash", "HLEN", "fields"), new("stream", "XLEN", "entries"),
        new("string", "STRLEN", "bytes"), new("set", "SCARD", "members"), new("zset", "ZCARD", "members"),
    ];
}
