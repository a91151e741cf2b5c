using System.Runtime.InteropServices;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Observability;

namespace Sigrun;

/// <summary>The TCP sockets a server listens on, as <c>port</c> and <c>bind</c> say. Belongs to the event loop's thread.</summary>
internal sealed class TcpListeners(EventLoop loop, NetworkSettings settings, ServerLog log)
{
    private const int AddressNotAvailable = 99;

    /// <summary>ENOPROTOOPT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPFNOSUPPORT, EAFNOSUPPORT: this host lacks the family.</summary>
    private static readonly int[] FamilyErrors = [92, 93, 94, 96, 97];

    private readonly List<Listener> _open = [];

    /// <summary>How many addresses are listened on.</summary>
    public int Count => _open.Count;

    /// <summary>Closes what is open and opens what the settings say; false when an address that must be there cannot be used.</summary>
    /// <remarks>The old sockets go first, since the new ones may be the same addresses.</remarks>
    public bool Reopen()
    {
        Close();
        if (settings.Port == 0) return true;
        foreach (string configured in settings.BindAddresses)
        {
            bool optional = configured.StartsWith('-');
            string address = ConfigText.ToString(optional ? configured[1..] : configured);
            Listener? listener = Listener.TryBind(address, settings.Port, settings.TcpBacklog, out string error);
            if (listener != null)
            {
                _open.Add(listener);
                loop.AddListener(listener);
                continue;
            }

            log.Warning($"Warning: Could not create server TCP listening socket {address}:{settings.Port}: bind: {error}");
            if (MaySkip(error, optional)) continue;
            Close();
            return false;
        }

        return true;
    }

    private void Close()
    {
        foreach (Listener listener in _open) loop.RemoveListener(listener);
        _open.Clear();
    }

    private static bool MaySkip(string error, bool optional)
    {
        if (optional && error == Marshal.GetPInvokeErrorMessage(AddressNotAvailable)) return true;
        foreach (int family in FamilyErrors)
        {
            if (error == Marshal.GetPInvokeErrorMessage(family)) return true;
        }

        return false;
    }
}
