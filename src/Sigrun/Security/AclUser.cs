using System.Runtime.InteropServices;

namespace Sigrun.Security;

/// <summary>A user: how to log in, and what may be done then.</summary>
internal sealed class AclUser
{
    private List<byte[]> _passwords = [];
    private List<AclSelector> _selectors;
    private string? _description;
    private bool? _isUnrestricted;

    /// <summary>A user who is off and may do nothing.</summary>
    /// <param name="name">The name; a byte is a character.</param>
    /// <param name="allowsChannels">Whether all channels are allowed (<c>acl-pubsub-default</c>).</param>
    public AclUser(string name, bool allowsChannels)
    {
        Name = name;
        _selectors = [new AclSelector(allowsChannels)];
    }

    /// <summary>The name of the user whom connections have that name none.</summary>
    public const string DefaultName = "default";

    /// <summary>The name; a byte is a character.</summary>
    public string Name { get; }

    /// <summary>Whether the user may log in.</summary>
    public bool IsEnabled { get; set; }

    /// <summary>Whether any password is right.</summary>
    public bool NeedsNoPassword { get; private set; }

    /// <summary>Whether the payloads of RESTORE need not be looked through.</summary>
    public bool SkipsSanitizing { get; set; }

    /// <summary>The hashes of the passwords.</summary>
    public IReadOnlyList<byte[]> Passwords => _passwords;

    /// <summary>The permissions: those of the user first, then what rules in parentheses add.</summary>
    public ReadOnlySpan<AclSelector> Selectors => CollectionsMarshal.AsSpan(_selectors);

    /// <summary>The permissions that are not in parentheses.</summary>
    public AclSelector Root => _selectors[0];

    /// <summary>True when nothing is refused.</summary>
    public bool IsUnrestricted => _isUnrestricted ??= _selectors.Exists(static selector => selector.IsUnrestricted);

    /// <summary>The rules that make the user, as ACL LIST shows them.</summary>
    public string Description => _description ??= AclDescription.Of(this);

    /// <summary>Lets any password be right.</summary>
    public void RemovePasswords(bool needsNone)
    {
        NeedsNoPassword = needsNone;
        _passwords.Clear();
    }

    /// <summary>Adds a password.</summary>
    public void AddPassword(byte[] hash)
    {
        NeedsNoPassword = false;
        if (FindPassword(hash) < 0) _passwords.Add(hash);
    }

    /// <summary>Removes a password; false when the user does not have it.</summary>
    public bool RemovePassword(byte[] hash)
    {
        int index = FindPassword(hash);
        if (index < 0) return false;
        _passwords.RemoveAt(index);
        return true;
    }

    /// <summary>Whether the user may log in with a password. The time it takes does not depend on where it is wrong.</summary>
    public bool Accepts(ReadOnlySpan<byte> password)
    {
        if (!IsEnabled) return false;
        return NeedsNoPassword || FindPassword(Password.Hash(password)) >= 0;
    }

    /// <summary>Adds permissions.</summary>
    public void AddSelector(AclSelector selector) => _selectors.Add(selector);

    /// <summary>Leaves only the permissions that are not in parentheses.</summary>
    public void RemoveSelectors() => _selectors.RemoveRange(1, _selectors.Count - 1);

    /// <summary>Takes over everything but the name.</summary>
    public void CopyFrom(AclUser other)
    {
        IsEnabled = other.IsEnabled;
        NeedsNoPassword = other.NeedsNoPassword;
        SkipsSanitizing = other.SkipsSanitizing;
        _passwords = [.. other._passwords];
        _selectors = other._selectors.ConvertAll(static selector => selector.Clone());
        OnChanged();
    }

    /// <summary>To be called when rules were applied.</summary>
    public void OnChanged()
    {
        _description = null;
        _isUnrestricted = null;
    }

    private int FindPassword(byte[] hash)
    {
        int found = -1;
        for (int i = 0; i < _passwords.Count; i++)
        {
            if (Password.Equals(_passwords[i], hash)) found = i;
        }
        return found;
    }
}
