namespace Sigrun.Commands;

/// <summary>How a command uses a key. The order of the bits is the order in which COMMAND lists them.</summary>
/// <remarks>The source generator compiles this file too.</remarks>
[Flags]
internal enum KeyFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Reads the value.</summary>
    ReadOnly = 1 << 0,

    /// <summary>Changes the value.</summary>
    ReadWrite = 1 << 1,

    /// <summary>Replaces the value, whatever it was.</summary>
    Overwrite = 1 << 2,

    /// <summary>Removes the key.</summary>
    Remove = 1 << 3,

    /// <summary>User data flows to the reply or to another key.</summary>
    Access = 1 << 4,

    /// <summary>User data is changed on the grounds of what it was, or replaced.</summary>
    Update = 1 << 5,

    /// <summary>User data is added, none is changed or removed.</summary>
    Insert = 1 << 6,

    /// <summary>User data is removed.</summary>
    Delete = 1 << 7,

    /// <summary>Not a key, but routed like one.</summary>
    NotKey = 1 << 8,

    /// <summary>There may be more keys than the spec finds.</summary>
    Incomplete = 1 << 9,

    /// <summary>The actual use depends on the other arguments.</summary>
    VariableFlags = 1 << 10,
}

/// <summary>The names of the key flags, as COMMAND spells them.</summary>
internal static class KeyFlagNames
{
    /// <summary>How many flags there are.</summary>
    public const int Count = 11;

    /// <summary>The length of the longest name.</summary>
    public const int LengthMax = 14;

    /// <summary>The name of the flag with this bit number.</summary>
    /// <param name="bit">0 to <see cref="Count"/> - 1.</param>
    public static string Name(int bit) => bit switch
    {
        0 => "RO",
        1 => "RW",
        2 => "OW",
        3 => "RM",
        4 => "access",
        5 => "update",
        6 => "insert",
        7 => "delete",
        8 => "not_key",
        9 => "incomplete",
        10 => "variable_flags",
        _ => throw new ArgumentOutOfRangeException(nameof(bit)),
    };
}
