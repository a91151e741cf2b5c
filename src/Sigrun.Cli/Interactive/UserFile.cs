namespace Sigrun.Cli.Interactive;

/// <summary>Files in the user's home, which the environment can put elsewhere.</summary>
internal static class UserFile
{
    /// <summary>Where a file is; null when there is to be none.</summary>
    public static string? Find(string variable, string olderVariable, string name)
    {
        string? path = Environment.GetEnvironmentVariable(variable) ?? Environment.GetEnvironmentVariable(olderVariable);
        if (path == "/dev/null") return null;
        if (!string.IsNullOrEmpty(path)) return path;
        string? home = Environment.GetEnvironmentVariable("HOME");
        return string.IsNullOrEmpty(home) ? null : home + "/" + name;
    }
}
