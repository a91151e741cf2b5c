using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Configuration;

namespace Sigrun.Security;

/// <summary>A refusal, or several of the same kind in a short time.</summary>
/// <param name="Id">Rising from 0.</param>
/// <param name="Denial">Why.</param>
/// <param name="Context">Where: <c>toplevel</c> or <c>multi</c>.</param>
/// <param name="Object">What was refused.</param>
/// <param name="User">Who was refused.</param>
/// <param name="CreatedMs">When it happened first, in milliseconds since 1970.</param>
internal sealed record AclLogEntry(long Id, AclDenial Denial, string Context, string Object, string User, long CreatedMs)
{
    /// <summary>How often it happened.</summary>
    public long Count { get; set; } = 1;

    /// <summary>When it happened last, likewise.</summary>
    public long UpdatedMs { get; set; } = CreatedMs;

    /// <summary>The client to whom it happened last, as CLIENT LIST shows it.</summary>
    public required string ClientInfo { get; set; }
}

/// <summary>What was refused lately (ACL LOG).</summary>
/// <param name="engine">The engine.</param>
internal sealed class AclLog(Engine engine)
{
    private const long GroupingMs = 60_000;

    /// <summary>How many of the latest entries are looked at for one of the same kind.</summary>
    private const int GroupingMax = 10;

    private readonly LinkedList<AclLogEntry> _entries = new();
    private long _nextId;

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>The entries, latest first.</summary>
    public IEnumerable<AclLogEntry> Entries => _entries;

    /// <summary>Enters that a command was refused.</summary>
    public void AddRefusal(CommandContext c, AclVerdict verdict)
    {
        bool isArgument = verdict.Denial != AclDenial.Command && (verdict.Argument > 0 || verdict.Denial != AclDenial.Database);
        Add(c.Client, verdict.Denial, isArgument ? c.Arg(verdict.Argument) : CommandTable.FullName(c.CommandId), c.Client.User!.Name);
    }

    /// <summary>Enters that somebody could not log in.</summary>
    public void AddFailedLogin(CommandContext c, ReadOnlySpan<byte> user) =>
        Add(c.Client, AclDenial.Authentication, c.Arg(0), ConfigText.FromBytes(user));

    /// <summary>Enters that a certificate names nobody who may log in.</summary>
    public void AddRefusedCertificate(ClientSession client, ReadOnlySpan<byte> user) =>
        Add(client, AclDenial.Certificate, default, ConfigText.FromBytes(user));

    /// <summary>Forgets all.</summary>
    public void Clear() => _entries.Clear();

    private void Add(ClientSession client, AclDenial denial, ReadOnlySpan<byte> subject, string user)
    {
        engine.Statistics.CountDenial(denial);
        if (engine.Settings.Security.AclLogMaxLength == 0)
        {
            Trim();
            return;
        }
        string context = client.IsInTransaction ? "multi" : "toplevel";
        Add(new AclLogEntry(_nextId, denial, context, ConfigText.FromBytes(subject), user, engine.NowMs) { ClientInfo = ClientReport.Line(client) });
    }

    private void Add(AclLogEntry entry)
    {
        LinkedListNode<AclLogEntry>? node = FindAlike(entry);
        if (node is null)
        {
            _nextId++;
            _entries.AddFirst(entry);
            Trim();
            return;
        }
        node.Value.Count++;
        node.Value.UpdatedMs = entry.CreatedMs;
        node.Value.ClientInfo = entry.ClientInfo;
        _entries.Remove(node);
        _entries.AddFirst(node);
    }

    private void Trim()
    {
        while (_entries.Count > engine.Settings.Security.AclLogMaxLength) _entries.RemoveLast();
    }

    private LinkedListNode<AclLogEntry>? FindAlike(AclLogEntry entry)
    {
        LinkedListNode<AclLogEntry>? node = _entries.First;
        for (int i = 0; i < GroupingMax && node is not null; i++, node = node.Next)
        {
            AclLogEntry other = node.Value;
            if (other.Denial == entry.Denial && other.Context == entry.Context && Math.Abs(other.UpdatedMs - entry.CreatedMs) <= GroupingMs
                && other.Object == entry.Object && other.User == entry.User) return node;
        }
        return null;
    }
}
