namespace Sigrun.Commands;

/// <summary>
/// What a command is and where it may run. The bits up to <see cref="AllowBusy"/> are public: COMMAND INFO
/// lists them, in the order of the bits. The rest are for the server alone.
/// </summary>
/// <remarks>
/// The source generator compiles this file too, so that both sides agree on the numbers.
/// </remarks>
[Flags]
internal enum CommandFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>May change the data set.</summary>
    Write = 1UL << 0,

    /// <summary>Reads keys and never changes them.</summary>
    ReadOnly = 1UL << 1,

    /// <summary>Refused when memory is at its limit.</summary>
    DenyOom = 1UL << 2,

    /// <summary>Belongs to a module.</summary>
    Module = 1UL << 3,

    /// <summary>For administrators.</summary>
    Admin = 1UL << 4,

    /// <summary>Concerns publish and subscribe.</summary>
    PubSub = 1UL << 5,

    /// <summary>Refused inside scripts.</summary>
    NoScript = 1UL << 6,

    /// <summary>May block the client.</summary>
    Blocking = 1UL << 7,

    /// <summary>Allowed while the data set is loaded.</summary>
    Loading = 1UL << 8,

    /// <summary>Allowed on a replica that lost its primary and must not serve stale data.</summary>
    Stale = 1UL << 9,

    /// <summary>Never shown by MONITOR.</summary>
    SkipMonitor = 1UL << 10,

    /// <summary>Never entered into the command log.</summary>
    SkipCommandLog = 1UL << 11,

    /// <summary>Implies ASKING when a slot is being imported.</summary>
    Asking = 1UL << 12,

    /// <summary>Runs in constant or logarithmic time.</summary>
    Fast = 1UL << 13,

    /// <summary>Allowed before authentication.</summary>
    NoAuth = 1UL << 14,

    /// <summary>Has keys by its key specs, yet may be called without any.</summary>
    NoMandatoryKeys = 1UL << 15,

    /// <summary>Refused while a replica loads in the background and serves its old data.</summary>
    NoAsyncLoading = 1UL << 16,

    /// <summary>Refused inside a transaction.</summary>
    NoMulti = 1UL << 17,

    /// <summary>Key positions depend on the arguments. Derived from the key specs, never declared.</summary>
    MovableKeys = 1UL << 18,

    /// <summary>Allowed while a script has run for too long.</summary>
    AllowBusy = 1UL << 19,

    /// <summary>Not a write, but may produce effects for the replicas (hidden).</summary>
    MayReplicate = 1UL << 32,

    /// <summary>Exists in Sentinel mode too (hidden).</summary>
    Sentinel = 1UL << 33,

    /// <summary>Exists in Sentinel mode only (hidden).</summary>
    OnlySentinel = 1UL << 34,

    /// <summary>Guarded by an enable-protected directive (hidden).</summary>
    Protected = 1UL << 35,

    /// <summary>May touch keys that are not among its arguments (hidden).</summary>
    TouchesArbitraryKeys = 1UL << 36,

    /// <summary>Needs access to every database (hidden).</summary>
    AllDbs = 1UL << 37,
}

/// <summary>Remarks about a command that only COMMAND DOCS shows.</summary>
[Flags]
internal enum CommandDocFlags
{
    /// <summary>No remark.</summary>
    None = 0,

    /// <summary>Use another command. Derived from the attribute's DeprecatedSince.</summary>
    Deprecated = 1,

    /// <summary>For the server's own use, not for clients.</summary>
    SysCmd = 2,
}
