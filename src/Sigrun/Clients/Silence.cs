namespace Sigrun.Clients;

/// <summary>Which replies a client does not want (CLIENT REPLY).</summary>
internal enum Silence
{
    /// <summary>It wants all.</summary>
    None,

    /// <summary>It wants none.</summary>
    Always,

    /// <summary>Not that of the next command.</summary>
    AfterThis,

    /// <summary>Not that of the command that runs, or waits.</summary>
    Now,
}
