namespace Sigrun.Cli.Tests.Harness;

/// <summary>The programs that were built with the tests.</summary>
internal static class Programs
{
    public static string Cli { get; } = Find("Sigrun.Cli", "sigrun-cli");

    public static string Server { get; } = Find("Sigrun.Server", "sigrun-server");

    private static string Find(string project, string name)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        string root = framework.FullName[..framework.FullName.IndexOf("/tests/", StringComparison.Ordinal)];
        return Path.Combine(root, "src", project, "bin", framework.Parent!.Name, framework.Name, name);
    }
}
