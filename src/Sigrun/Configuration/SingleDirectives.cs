using System.Globalization;
using Sigrun.Keyspace;

namespace Sigrun.Configuration;

/// <summary>dir: the directory of the data files, which must exist.</summary>
/// <remarks>
/// The engine never changes the directory of the process, which it may share with others: a relative path is taken
/// from the present value.
/// </remarks>
internal sealed class DirDirective() : Directive(Support.Works, "dir", null, DirectiveFlags.Protected | DirectiveFlags.DenyLoading)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        PersistenceSettings settings = context.Settings.Persistence;
        error = args[0].Length == 0 ? "dir can't be empty" : null;
        if (error != null)
            return SetOutcome.Refused;
        string path = Path.GetFullPath(ConfigText.ToString(args[0]), settings.Directory);
        if (path.Length > 1 && path.EndsWith('/'))
            path = path[..^1];
        if (!Directory.Exists(path))
        {
            error = File.Exists(path) ? "Not a directory" : "No such file or directory";
            return SetOutcome.Refused;
        }

        settings.Directory = path;
        return SetOutcome.Changed;
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings) => ConfigText.FromString(settings.Persistence.Directory);

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings) => [Quoted(Get(settings))];

    /// <inheritdoc/>
    public override bool IsAlwaysWritten => true;
}

/// <summary>notify-keyspace-events: one letter per class of events.</summary>
internal sealed class KeyspaceEventsDirective() : Directive(Support.Works, "notify-keyspace-events", null, DirectiveFlags.None)
{
    /// <summary>Every letter, in the order in which they are shown, and what it stands for.</summary>
    private const string Letters = "g$lshzxetdnKEm";

    private static readonly KeyspaceEventClass[] Classes =
    [
        KeyspaceEventClass.Generic, KeyspaceEventClass.String, KeyspaceEventClass.List, KeyspaceEventClass.Set, KeyspaceEventClass.Hash,
        KeyspaceEventClass.SortedSet, KeyspaceEventClass.Expired, KeyspaceEventClass.Evicted, KeyspaceEventClass.Stream, KeyspaceEventClass.Module,
        KeyspaceEventClass.New, KeyspaceEventClass.Keyspace, KeyspaceEventClass.Keyevent, KeyspaceEventClass.KeyMiss,
    ];

    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        KeyspaceEventClass events = KeyspaceEventClass.None;
        foreach (char letter in args[0])
        {
            int index = Letters.IndexOf(letter);
            if (index < 0 && letter != 'A')
            {
                error = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
                return SetOutcome.Refused;
            }

            events |= letter == 'A' ? KeyspaceEventClass.All : Classes[index];
        }

        context.Settings.Types.KeyspaceEvents = events;
        error = null;
        return SetOutcome.Changed;
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings)
    {
        KeyspaceEventClass events = settings.Types.KeyspaceEvents;
        bool all = (events & KeyspaceEventClass.All) == KeyspaceEventClass.All;
        string text = all ? "A" : "";
        for (int i = 0; i < Letters.Length; i++)
        {
            // With all of A set, the letter for new keys is not shown either: the reference server leaves it out.
            bool covered = all && (KeyspaceEventClass.All | KeyspaceEventClass.New).HasFlag(Classes[i]);
            if (!covered && (events & Classes[i]) != 0)
                text += Letters[i];
        }

        return text;
    }

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings) => [Quoted(Get(settings))];
}

/// <summary>replicaof: host and port of the primary, or "no one".</summary>
internal sealed class ReplicaOfDirective(Support support)
    : Directive(support, "replicaof", "slaveof", DirectiveFlags.Immutable | DirectiveFlags.MultipleArguments)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        ReplicationSettings settings = context.Settings.Replication;
        error = args.Length != 2 ? "wrong number of arguments" : null;
        if (error != null)
            return SetOutcome.Refused;
        if (args[0].Equals("no", StringComparison.OrdinalIgnoreCase) && args[1].Equals("one", StringComparison.OrdinalIgnoreCase))
        {
            settings.PrimaryHost = null;
            return SetOutcome.Changed;
        }

        if (!NumberText.TryPrefix(args[1], 10, out long port, out _) || port < 0 || port > ushort.MaxValue)
        {
            error = "Invalid primary port";
            return SetOutcome.Refused;
        }

        settings.PrimaryHost = args[0];
        settings.PrimaryPort = (int)port;
        return SetOutcome.Changed;
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings) => settings.Replication.PrimaryHost is { } host
        ? host + " " + settings.Replication.PrimaryPort.ToString(CultureInfo.InvariantCulture)
        : "";

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings) =>
        settings.Replication.PrimaryHost is null || settings.Cluster.Enabled ? [] : [Get(settings)];
}
