using Sigrun.Commands;

namespace Sigrun.Security;

/// <summary>What may be done with keys.</summary>
[Flags]
internal enum KeyPermissions : byte
{
    /// <summary>Nothing but to ask whether they are there.</summary>
    None = 0,

    /// <summary>Reading their values.</summary>
    Read = 1,

    /// <summary>Changing their values.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    All = Read | Write,
}

/// <summary>A pattern of names of keys, and what may be done with them.</summary>
/// <param name="Pattern">The pattern.</param>
/// <param name="Permissions">What may be done.</param>
internal readonly record struct KeyPattern(byte[] Pattern, KeyPermissions Permissions);

/// <summary>
/// One set of permissions: commands, keys, channels, databases. A user has one and may have more; a command may run when one of
/// them allows all of it.
/// </summary>
/// <remarks>
/// Commands are a bit each, by their ids, so that asking costs a load. The rules that led to the bits are kept beside them,
/// since users are described by their rules and not by what these come to.
/// </remarks>
internal sealed class AclSelector
{
    private readonly ulong[] _commands = new ulong[(CommandTable.Count + 63) / 64];
    private Dictionary<int, List<byte[]>>? _firstArguments;
    private readonly List<CommandRule> _rules = [];
    private int[] _databases = [];

    /// <summary>Nothing is allowed, but in all databases.</summary>
    /// <param name="allowsChannels">Whether all channels are allowed (<c>acl-pubsub-default</c>).</param>
    public AclSelector(bool allowsChannels) => AllowsAllChannels = allowsChannels;

    private AclSelector(AclSelector from)
    {
        AllowsAllCommands = from.AllowsAllCommands;
        AllowsFutureCommands = from.AllowsFutureCommands;
        AllowsAllKeys = from.AllowsAllKeys;
        AllowsAllChannels = from.AllowsAllChannels;
        AllowsAllDatabases = from.AllowsAllDatabases;
        KeyPatterns = [.. from.KeyPatterns];
        Channels = [.. from.Channels];
        _databases = from._databases;
        _rules = [.. from._rules];
        from._commands.CopyTo(_commands, 0);
        if (from._firstArguments is null) return;
        _firstArguments = [];
        foreach ((int id, List<byte[]> allowed) in from._firstArguments) _firstArguments[id] = [.. allowed];
    }

    /// <summary>A rule on commands: the name of a command, or a category behind an '@'.</summary>
    /// <param name="IsAllowed">Whether it allows.</param>
    /// <param name="Subject">What it is about, in lower case.</param>
    public readonly record struct CommandRule(bool IsAllowed, string Subject);

    /// <summary>True while no rule has taken anything away from all commands.</summary>
    public bool AllowsAllCommands { get; private set; }

    /// <summary>True when the rules begin with all commands.</summary>
    public bool AllowsFutureCommands { get; private set; }

    /// <summary>True when every key may be used.</summary>
    public bool AllowsAllKeys { get; private set; }

    /// <summary>True when every channel may be used.</summary>
    public bool AllowsAllChannels { get; private set; }

    /// <summary>True when every database may be used.</summary>
    public bool AllowsAllDatabases { get; private set; } = true;

    /// <summary>True when nothing is refused.</summary>
    public bool IsUnrestricted => AllowsAllCommands && AllowsAllKeys && AllowsAllChannels && AllowsAllDatabases;

    /// <summary>The keys that may be used, unless all may.</summary>
    public List<KeyPattern> KeyPatterns { get; } = [];

    /// <summary>The patterns of channels that may be used, unless all may.</summary>
    public List<byte[]> Channels { get; } = [];

    /// <summary>The databases that may be used, in order, unless all may.</summary>
    public ReadOnlySpan<int> Databases => _databases;

    /// <summary>The rules on commands since all were allowed or refused.</summary>
    public IReadOnlyList<CommandRule> Rules => _rules;

    /// <summary>A copy that changes on its own.</summary>
    public AclSelector Clone() => new(this);

    /// <summary>Allows or refuses all commands, and forgets the rules so far.</summary>
    public void SetAllCommands(bool isAllowed)
    {
        Array.Fill(_commands, isAllowed ? ulong.MaxValue : 0);
        AllowsAllCommands = AllowsFutureCommands = isAllowed;
        _firstArguments = null;
        _rules.Clear();
    }

    /// <summary>Allows or refuses a command and all its subcommands.</summary>
    public void SetCommand(int id, bool isAllowed)
    {
        for (int i = id; i <= id + CommandTable.SubcommandCount[id]; i++)
        {
            if (isAllowed) _commands[i / 64] |= 1UL << (i % 64);
            else _commands[i / 64] &= ~(1UL << (i % 64));
        }
        AllowsAllCommands &= isAllowed;
        _firstArguments?.Remove(id);
    }

    /// <summary>Allows or refuses the commands of a category.</summary>
    public void SetCategory(AclCategories category, bool isAllowed)
    {
        for (int id = 0; id < CommandTable.Count; id++)
        {
            if ((new CommandInfo(id).Categories & category) != 0) SetCommand(id, isAllowed);
        }
    }

    /// <summary>Allows a command that is refused otherwise when its first argument is this one.</summary>
    public void AllowFirstArgument(int id, byte[] argument)
    {
        _firstArguments ??= [];
        if (!_firstArguments.TryGetValue(id, out List<byte[]>? allowed)) _firstArguments[id] = allowed = [];
        foreach (byte[] known in allowed)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(known, argument)) return;
        }
        allowed.Add(argument);
    }

    /// <summary>Keeps a rule on commands in place of those on the same command, or on subcommands of it.</summary>
    public void NoteRule(string subject, bool isAllowed)
    {
        _rules.RemoveAll(rule => rule.Subject.StartsWith(subject, StringComparison.Ordinal)
            && (rule.Subject.Length == subject.Length || rule.Subject[subject.Length] == '|'));
        _rules.Add(new CommandRule(isAllowed, subject));
    }

    /// <summary>Allows every key, or none.</summary>
    public void SetAllKeys(bool isAllowed)
    {
        AllowsAllKeys = isAllowed;
        KeyPatterns.Clear();
    }

    /// <summary>Allows some keys.</summary>
    public void AllowKeys(byte[] pattern, KeyPermissions permissions)
    {
        int known = KeyPatterns.FindIndex(other => other.Pattern.AsSpan().SequenceEqual(pattern));
        if (known < 0) KeyPatterns.Add(new KeyPattern(pattern, permissions));
        else KeyPatterns[known] = new KeyPattern(pattern, KeyPatterns[known].Permissions | permissions);
    }

    /// <summary>Allows every channel, or none.</summary>
    public void SetAllChannels(bool isAllowed)
    {
        AllowsAllChannels = isAllowed;
        Channels.Clear();
    }

    /// <summary>Allows some channels.</summary>
    public void AllowChannels(byte[] pattern)
    {
        if (!Channels.Exists(other => other.AsSpan().SequenceEqual(pattern))) Channels.Add(pattern);
    }

    /// <summary>Allows every database, or none.</summary>
    public void SetAllDatabases(bool isAllowed)
    {
        AllowsAllDatabases = isAllowed;
        _databases = [];
    }

    /// <summary>Allows these databases and no others.</summary>
    public void SetDatabases(SortedSet<int> databases)
    {
        AllowsAllDatabases = false;
        _databases = [.. databases];
    }

    /// <summary>Whether a database may be used.</summary>
    /// <param name="database">The database.</param>
    /// <param name="count">How many there are.</param>
    public bool MayUseDatabase(int database, int count) =>
        AllowsAllDatabases || ((uint)database < (uint)count && Array.BinarySearch(_databases, database) >= 0);

    /// <summary>Whether a command may run, its keys and channels apart.</summary>
    public bool MayRun(int id, ArgumentList arguments)
    {
        if (AllowsAllCommands || (_commands[id / 64] >> (id % 64) & 1) != 0) return true;
        if ((new CommandInfo(id).Flags & CommandFlags.NoAuth) != 0) return true;
        if (arguments.Count < 2 || _firstArguments is null || !_firstArguments.TryGetValue(id, out List<byte[]>? allowed)) return false;
        foreach (byte[] argument in allowed)
        {
            if (arguments.Is(1, argument)) return true;
        }
        return false;
    }

    /// <summary>Whether every key may be used in that way.</summary>
    public bool MayUseAllKeys(KeyPermissions permissions)
    {
        if (AllowsAllKeys) return true;
        foreach (KeyPattern pattern in KeyPatterns)
        {
            if ((pattern.Permissions & permissions) == permissions && pattern.Pattern is [(byte)'*']) return true;
        }
        return false;
    }
}
