namespace Sigrun.Network;

/// <summary>What kept a socket from listening, as far as it matters to the one who asked.</summary>
public enum ListenFailureCause : byte
{
    /// <summary>Something is wrong.</summary>
    Other,

    /// <summary>This host does not have the address.</summary>
    AddressNotHere,

    /// <summary>This host does not have the family of addresses.</summary>
    FamilyNotHere,
}

/// <summary>Why a socket does not listen.</summary>
/// <param name="Text">The call that failed and the system's words.</param>
/// <param name="Cause">The same for the program.</param>
public readonly record struct ListenFailure(string Text, ListenFailureCause Cause = ListenFailureCause.Other)
{
    /// <summary>No address has the name.</summary>
    internal static readonly ListenFailure UnknownHost = new("Name or service not known");
}
