using Sigrun.Security;
using Sigrun.Storage.Files;

namespace Sigrun.Configuration;

/// <summary>Writes the settings of an engine back to the file that they came from (CONFIG REWRITE).</summary>
/// <param name="engine">The engine, whose configuration has a file.</param>
internal sealed class ConfigurationFileUpdate(Engine engine)
{
    /// <summary>Rewrites the file.</summary>
    /// <param name="writesAll">Whether values are written that are the default.</param>
    /// <returns>Null, or the system's reason why it is as it was.</returns>
    public string? Run(bool writesAll)
    {
        ServerConfiguration configuration = engine.Configuration!;
        string path = configuration.ConfigFile!;
        var rewrite = new ConfigurationRewrite(configuration, writesAll);
        try
        {
            byte[] content = ConfigText.ToBytes(rewrite.Apply(Read(path), Users()));
            string temporary = $"{path}.{engine.Random.Next():x}";
            ReplacementStep failed = engine.Files.Replace(path, temporary, content, out FileSystemException? fault);
            if (failed != ReplacementStep.Done) return Report(failed, fault!.Message);
            engine.Log.Debug($"Rewritten config file ({path}) successfully");
            return null;
        }
        catch (IOException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>Users stand in the file unless they have one of their own.</summary>
    private IEnumerable<string> Users()
    {
        if (engine.AclFile.IsConfigured) yield break;
        foreach (AclUser user in engine.Users.All()) yield return user.Name + " " + user.Description;
    }

    private string Read(string path) => engine.Files.FileExists(path) ? ConfigText.FromBytes(engine.Files.ReadAll(path)) : "";

    private string Report(ReplacementStep failed, string reason)
    {
        engine.Log.Warning(failed switch
        {
            ReplacementStep.Create => "Could not create tmp config file",
            ReplacementStep.Write => "Failed after writing to tmp config file",
            ReplacementStep.Sync => "Could not sync tmp config file to disk",
            ReplacementStep.Rename => "Could not rename tmp config file",
            _ => "Could not sync config file dir",
        } + $" ({reason})");
        return reason;
    }
}
