namespace Sigrun.Network;

/// <summary>What a connection can go on with.</summary>
[Flags]
internal enum Readiness : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>There is input, or its end.</summary>
    Input = 1,

    /// <summary>Output is taken again.</summary>
    Output = 2,

    /// <summary>The peer has ended its side, or is gone.</summary>
    PeerDone = 4,
}
