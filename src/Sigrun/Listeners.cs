using System.Runtime.InteropServices;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Network.Tls;
using Sigrun.Observability;

namespace Sigrun;

/// <summary>
/// The TCP sockets a server listens on, as <c>port</c>, <c>tls-port</c> and <c>bind</c> say. Belongs to the event loop's thread.
/// </summary>
internal sealed class Listeners(EventLoop loop, EngineSettings settings, TlsAcceptor tls, ServerLog log)
{
    private const int AddressNotAvailable = 99;

    /// <summary>ENOPROTOOPT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPFNOSUPPORT, EAFNOSUPPORT: this host lacks the family.</summary>
    private static readonly int[] FamilyErrors = [92, 93, 94, 96, 97];

    private readonly List<Listener> _plain = [];
    private readonly List<Listener> _secured = [];

    /// <summary>Takes a port that is free where it is 0, instead of none.</summary>
    public bool ChoosesPort { get; set; }

    /// <summary>How many addresses are listened on.</summary>
    public int Count => _plain.Count + _secured.Count;

    /// <summary>Reopens both ports; when one cannot be used, none is left open.</summary>
    public bool Reopen()
    {
        if (ReopenPlain() && ReopenSecured()) return true;
        Close(_plain);
        Close(_secured);
        return false;
    }

    /// <summary>Closes what is open of <c>port</c> and opens what the settings say; false when an address that must be there cannot be used.</summary>
    /// <remarks>The old sockets go first, since the new ones may be the same addresses.</remarks>
    public bool ReopenPlain() => Reopen(_plain, settings.Network.Port, tls: null);

    /// <summary>Does so for <c>tls-port</c>.</summary>
    public bool ReopenSecured() => Reopen(_secured, settings.Tls.Port, tls);

    private bool Reopen(List<Listener> open, int port, TlsAcceptor? tls)
    {
        Close(open);
        if (port == 0) return true;
        foreach (string configured in settings.Network.BindAddresses)
        {
            bool optional = configured.StartsWith('-');
            string address = ConfigText.ToString(optional ? configured[1..] : configured);
            Listener? listener = Listener.TryBind(address, port, settings.Network.TcpBacklog, out string error, tls);
            if (listener != null)
            {
                open.Add(listener);
                loop.AddListener(listener);
                continue;
            }

            log.Warning($"Warning: Could not create server TCP listening socket {address}:{port}: bind: {error}");
            if (MaySkip(error, optional)) continue;
            Close(open);
            return false;
        }

        return true;
    }

    private void Close(List<Listener> open)
    {
        foreach (Listener listener in open) loop.RemoveListener(listener);
        open.Clear();
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
