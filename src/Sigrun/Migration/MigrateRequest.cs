namespace Sigrun.Migration;

/// <summary>What a MIGRATE asks for, as places of its arguments where it is bytes.</summary>
internal struct MigrateRequest
{
    /// <summary>The argument that names the host; the port follows.</summary>
    public const int Host = 1;

    /// <summary>The argument that names the port.</summary>
    public const int Port = 2;

    /// <summary>The database there.</summary>
    public long Database;

    /// <summary>The longest wait for the target in milliseconds.</summary>
    public int TimeoutMs;

    /// <summary>Whether the keys stay here too.</summary>
    public bool Copies;

    /// <summary>Whether keys there make way.</summary>
    public bool Replaces;

    /// <summary>The argument that is the user's name; 0 for none.</summary>
    public int User;

    /// <summary>The argument that is the password; 0 for none.</summary>
    public int Password;

    /// <summary>The first argument that is a key.</summary>
    public int FirstKey;

    /// <summary>How many keys there are.</summary>
    public int KeyCount;
}
