using System.Text;
using Sigrun.Configuration;
using Sigrun.Storage.Files;

namespace Sigrun.Security;

/// <summary>The file of users (<c>aclfile</c>): read at the start and by ACL LOAD, written by ACL SAVE.</summary>
/// <remarks>It is written beside, synchronised and renamed, so that its name always stands for a whole one.</remarks>
/// <param name="engine">The engine whose users it has.</param>
internal sealed class AclFile(Engine engine)
{
    /// <summary>Whether there is such a file.</summary>
    public bool IsConfigured => Name.Length > 0;

    private string Name => engine.Settings.Security.AclFile ?? "";

    private string FullPath => Path.GetFullPath(ConfigText.ToString(Name), engine.Settings.Persistence.Directory);

    /// <summary>Makes the users that the configuration declares, or those of the file.</summary>
    /// <returns>False, with the reason in the log, when that fails.</returns>
    public bool TryLoadAtStart()
    {
        if (IsConfigured && engine.Settings.Security.Users.Count > 0)
        {
            engine.Log.Warning($"Configuring {ServerIdentity.Name} with users defined in valkey.conf and at the same setting an ACL file path is "
                + "invalid. This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or "
                + "declare users directly in your valkey.conf, but not both.");
            return false;
        }
        if (!engine.Users.TryLoadDeclared())
        {
            engine.Log.Warning("Critical error while loading ACLs. Exiting.");
            return false;
        }
        if (!IsConfigured || Load() is not { } errors) return true;
        engine.Log.Warning($"Aborting {ServerIdentity.Name} startup because of ACL errors: {errors}");
        return false;
    }

    /// <summary>Replaces all users by those of the file.</summary>
    /// <returns>All that is wrong with it, or null.</returns>
    public string? Load()
    {
        string text;
        try
        {
            text = ConfigText.FromBytes(engine.Files.ReadAll(FullPath));
        }
        catch (Exception fault) when (fault is FileSystemException or IOException)
        {
            return $"Error loading ACLs, opening file '{Name}': {fault.Message}";
        }
        return engine.Users.Load(text, Name);
    }

    /// <summary>Writes all users to the file; false, with the reason in the log, when that fails.</summary>
    public bool TrySave()
    {
        string path = FullPath;
        string temporary = $"{path}.tmp-{Environment.ProcessId}-{engine.NowMs}";
        ReplacementStep failed = engine.Files.Replace(path, temporary, ConfigText.ToBytes(Text()), out FileSystemException? fault);
        if (failed == ReplacementStep.Done) return true;
        string step = failed switch
        {
            ReplacementStep.Create => "Opening temp ACL file",
            ReplacementStep.Write => "Writing ACL file",
            ReplacementStep.Sync => "Syncing ACL file",
            ReplacementStep.Rename => "Renaming ACL file",
            _ => "Syncing ACL directory",
        };
        engine.Log.Warning($"{step} for ACL SAVE: {fault!.Message}");
        return false;
    }

    private string Text()
    {
        var text = new StringBuilder();
        foreach (AclUser user in engine.Users.All()) text.Append("user ").Append(user.Name).Append(' ').Append(user.Description).Append('\n');
        return text.ToString();
    }
}
