using System.Text;

namespace Sigrun.Commands;

/// <summary>The names that commands are called by: <c>rename-command</c> gives one another name, or none at all.</summary>
/// <remarks>
/// Only what a request says first is looked up here. Everywhere else (COMMAND, INFO, rules of users) a command keeps the name
/// that it was declared with. Filled while the configuration is read, then only read, by all threads.
/// </remarks>
internal sealed class CommandNames
{
    private List<(byte[] Name, int Id)>? _given;
    private bool[]? _isRenamed;

    /// <summary>The id of the command that is called by this name, or -1.</summary>
    /// <param name="name">The name in any case.</param>
    public int Lookup(ReadOnlySpan<byte> name)
    {
        int id = CommandTable.Lookup(name);
        return _isRenamed is null || (id >= 0 && !_isRenamed[id]) ? id : LookupGiven(name);
    }

    /// <summary>Likewise for a full name, such as <c>get</c> or <c>config|get</c>.</summary>
    /// <param name="name">The name in any case.</param>
    public int LookupFullName(ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        if (bar < 0) return Lookup(name);
        int container = Lookup(name[..bar]);
        return container < 0 ? -1 : CommandTable.LookupSubcommand(container, name[(bar + 1)..]);
    }

    /// <summary>The id of the command, or subcommand, that a request names, or -1.</summary>
    /// <param name="arguments">The request, at least the name.</param>
    public int Resolve(ArgumentList arguments) => CommandTable.Resolve(Lookup(arguments[0]), arguments);

    /// <summary>Whether a command can be called at all.</summary>
    /// <param name="id">The command, or the container of a subcommand.</param>
    public bool CanCall(int id) => _isRenamed is null || !_isRenamed[id] || _given!.Exists(given => given.Id == id);

    /// <summary>Takes a command its name, and gives it another unless that is empty.</summary>
    /// <param name="name">The name that it has.</param>
    /// <param name="newName">The name that it gets.</param>
    /// <returns>Null, or why that cannot be.</returns>
    public string? Rename(byte[] name, byte[] newName)
    {
        int id = Lookup(name);
        if (id < 0) return "No such command in rename-command";
        _isRenamed ??= new bool[CommandTable.Count];
        _given ??= [];
        _isRenamed[id] = true;
        _given.RemoveAll(given => given.Id == id);
        if (newName.Length == 0) return null;
        if (Lookup(newName) >= 0) return "Target command name already exists";
        _given.Add((newName, id));
        return null;
    }

    private int LookupGiven(ReadOnlySpan<byte> name)
    {
        foreach ((byte[] given, int id) in _given!)
        {
            if (Ascii.EqualsIgnoreCase(given, name)) return id;
        }
        return -1;
    }
}
