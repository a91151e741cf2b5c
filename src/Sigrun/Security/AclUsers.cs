using Sigrun.Clients;
using Sigrun.Configuration;

namespace Sigrun.Security;

/// <summary>The users, and what their changes mean for the clients that are logged in.</summary>
/// <remarks>
/// Sessions keep whether their user may do everything, so that a command of such a client costs nothing here; every change
/// tells them (<see cref="OnChanged"/>).
/// </remarks>
internal sealed class AclUsers
{
    private readonly Engine _engine;
    private readonly AclRules _rules;
    private Dictionary<string, AclUser> _users = [];

    /// <summary>Creates the users of an engine: the default one, with the password that <c>requirepass</c> says.</summary>
    public AclUsers(Engine engine)
    {
        _engine = engine;
        _rules = new AclRules(engine.Settings.Security, engine.Log.Warning);
        Default = _rules.NewDefaultUser();
        _users.Add(Default.Name, Default);
        SetDefaultPassword(engine.Settings.Security.RequirePass);
    }

    /// <summary>The user of connections that name none. It is always the same object, whatever becomes of it.</summary>
    public AclUser Default { get; }

    /// <summary>True when a connection has to log in first.</summary>
    public bool RequiresLogin { get; private set; }

    /// <summary>The users in the order of their names.</summary>
    public List<AclUser> All()
    {
        List<AclUser> users = [.. _users.Values];
        users.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return users;
    }

    /// <summary>The user of that name, or null.</summary>
    public AclUser? Find(string name) => _users.TryGetValue(name, out AclUser? user) ? user : null;

    /// <summary>The user who may log in with that name and password, or null.</summary>
    public AclUser? Authenticate(ReadOnlySpan<byte> name, ReadOnlySpan<byte> password) =>
        Find(ConfigText.FromBytes(name)) is { } user && user.Accepts(password) ? user : null;

    /// <summary>Sets the default user's password as <c>requirepass</c> does: null lets everybody in.</summary>
    public void SetDefaultPassword(string? password)
    {
        Default.RemovePasswords(needsNone: string.IsNullOrEmpty(password));
        if (!string.IsNullOrEmpty(password)) Default.AddPassword(Password.Hash(ConfigText.ToBytes(password)));
        Default.OnChanged();
        OnChanged();
    }

    /// <summary>Makes or changes a user: all rules apply, or none.</summary>
    /// <returns>What is wrong with the rules, or null.</returns>
    public string? Set(string name, ReadOnlySpan<string> words)
    {
        List<string>? rules = AclRules.Merge(words, out int unmatched);
        if (rules is null) return $"Unmatched parenthesis in acl selector starting at '{UpToNul(words[unmatched])}'.";
        AclUser? user = Find(name);
        AclUser changed = _rules.NewUser(name);
        if (user is not null) changed.CopyFrom(user);
        foreach (string rule in rules)
        {
            AclRuleError error = _rules.Apply(changed, rule);
            if (error != AclRuleError.None) return $"Error in ACL SETUSER modifier '{UpToNul(rule)}': {AclRuleErrors.Text(error)}";
        }
        if (user is null)
        {
            changed.OnChanged();
            _users.Add(name, changed);
        }
        else
        {
            KillRevoked(user, changed);
            user.CopyFrom(changed);
        }
        OnChanged();
        return null;
    }

    /// <summary>Deletes a user, and closes the connections that are logged in as such; false when there is none.</summary>
    public bool Delete(string name)
    {
        if (!_users.Remove(name, out AclUser? user)) return false;
        ExpelAll(user);
        return true;
    }

    /// <summary>Makes the users that the configuration declares. Called once, at the start.</summary>
    /// <returns>False, with the reason in the log, when that fails.</returns>
    public bool TryLoadDeclared()
    {
        foreach (AclUserLine line in _engine.Settings.Security.Users)
        {
            if (AclRules.HasBlanks(line.Name))
            {
                _engine.Log.Warning("Spaces not allowed in ACL usernames");
                return false;
            }
            AclUser user = _rules.NewUser(line.Name);
            foreach (string rule in line.Rules)
            {
                AclRuleError error = _rules.Apply(user, rule);
                if (error == AclRuleError.None) continue;
                _engine.Log.Warning($"Error loading ACL rule '{rule}' for the user named '{line.Name}': {AclRuleErrors.Text(error)}");
                return false;
            }
            if (line.Name == AclUser.DefaultName) Default.CopyFrom(user);
            else _users.Add(line.Name, user);
            if (user.IsEnabled) continue;
            _engine.Log.Notice($"The user '{line.Name}' is disabled (there is no 'on' modifier in the user description). Make sure this is not "
                + "a configuration error.");
        }
        OnChanged();
        return true;
    }

    /// <summary>Replaces all users by those of a text as files of users have it, unless anything is wrong with it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The name of the file, for the description of mistakes.</param>
    /// <returns>All that is wrong, or null.</returns>
    public string? Load(string text, string file)
    {
        var reader = new AclFileReader(_rules, file);
        Dictionary<string, AclUser> users = reader.Read(text);
        if (reader.Errors.Length > 0)
            return reader.Errors + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";
        KillUnlessKept(users);
        Default.CopyFrom(users.GetValueOrDefault(AclUser.DefaultName) ?? _rules.NewDefaultUser());
        users[AclUser.DefaultName] = Default;
        _users = users;
        foreach (ClientSession client in _engine.Clients.All)
        {
            if (client.User is { } user && Find(user.Name) is { } now) client.SetUser(now, client.IsAuthenticated);
        }
        OnChanged();
        return null;
    }

    /// <summary>Sees to the clients of users that a file does not have, or allows fewer channels; the default user's go on.</summary>
    private void KillUnlessKept(Dictionary<string, AclUser> users)
    {
        foreach (AclUser user in All())
        {
            if (user == Default) continue;
            if (users.TryGetValue(user.Name, out AclUser? successor)) KillRevoked(user, successor);
            else ExpelAll(user);
        }
    }

    /// <summary>Closes the connections of a user's clients that listen to what the user may not hear any more.</summary>
    private void KillRevoked(AclUser user, AclUser changed)
    {
        if (_engine.PubSub.SubscriberCount == 0 || ChannelRevocation.Of(user, changed) is not { } revocation) return;
        foreach (ClientSession client in _engine.Clients.All)
        {
            if (client.User == user && revocation.Concerns(client)) Kill(client);
        }
    }

    /// <summary>Closes the connections of a user who is gone. Nothing that was sent runs as that user any more.</summary>
    private void ExpelAll(AclUser user)
    {
        foreach (ClientSession client in _engine.Clients.All)
        {
            if (client.User != user) continue;
            client.SetUser(Default, isAuthenticated: false);
            Kill(client);
        }
    }

    /// <summary>Closes a connection; that of the client whose command is running when it has got its reply.</summary>
    private void Kill(ClientSession client)
    {
        if (client == _engine.Pushes.Executing)
        {
            client.CloseAfterOutput = true;
            return;
        }
        client.Doom();
    }

    private void OnChanged()
    {
        RequiresLogin = !Default.NeedsNoPassword || !Default.IsEnabled;
        foreach (ClientSession client in _engine.Clients.All) client.UpdateRunsPlainly();
    }

    private static string UpToNul(string text) => text.IndexOf('\0') is var nul and >= 0 ? text[..nul] : text;
}
