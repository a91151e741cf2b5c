namespace Sigrun.Network;

/// <summary>What moves bytes between sockets and sessions.</summary>
public enum Transport : byte
{
    /// <summary>Linux: descriptors and epoll, called directly.</summary>
    Epoll,

    /// <summary>The framework's sockets, on any system.</summary>
    Sockets,
}
