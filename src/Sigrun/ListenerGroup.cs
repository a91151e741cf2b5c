using System.Globalization;
using System.Text;
using Sigrun.Network;

namespace Sigrun;

/// <summary>The sockets of one kind that a server listens on.</summary>
/// <param name="number">Its number in INFO.</param>
/// <param name="name">Its name there and in the log.</param>
internal sealed class ListenerGroup(int number, string name)
{
    /// <summary>Its name in INFO and in the log.</summary>
    public string Name { get; } = name;

    /// <summary>Whether the settings have, or had since the start, a socket of the kind. INFO goes on telling of it.</summary>
    public bool IsInUse { get; private set; }

    /// <summary>The port; 0 for none.</summary>
    public int Port { get; private set; }

    /// <summary>Where it listens, as configured.</summary>
    public string[] Addresses { get; private set; } = [];

    /// <summary>The sockets that are open.</summary>
    public List<Listener> Open { get; } = [];

    /// <summary>The file of a Unix socket; null while there is none.</summary>
    public UnixSocketFile? File { get; set; }

    /// <summary>The name of the line in INFO.</summary>
    public string Field { get; } = "listener" + number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Takes over what the settings say.</summary>
    public void Use(int port, string[] addresses)
    {
        IsInUse = true;
        Port = port;
        Addresses = addresses;
    }

    /// <summary>What INFO says of the sockets.</summary>
    /// <remarks>As many addresses as there are sockets, from the front of the list: so do Valkey's.</remarks>
    public string Describe()
    {
        var text = new StringBuilder("name=").Append(Name);
        for (int i = 0; i < Open.Count; i++) text.Append(",bind=").Append(Addresses[i]);
        if (Port != 0) text.Append(",port=").Append(Port);
        return text.ToString();
    }
}
