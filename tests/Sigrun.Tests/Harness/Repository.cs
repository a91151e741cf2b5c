namespace Sigrun.Tests.Harness;

/// <summary>Where the tests find the rest of the repository.</summary>
public static class Repository
{
    /// <summary>The directory with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The server, built in the configuration of the tests.</summary>
    public static string ServerProgram
    {
        get
        {
            string framework = new DirectoryInfo(AppContext.BaseDirectory).Name;
            string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
            return Path.Combine(Root, "src", "Sigrun.Server", "bin", configuration, framework, "sigrun-server");
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Sigrun.slnx"))) return directory.FullName;
        }
        throw new DirectoryNotFoundException("The tests run outside of the repository.");
    }
}
