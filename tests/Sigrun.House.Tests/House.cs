using System.Xml.Linq;

namespace Sigrun.House.Tests;

/// <summary>The repository as the rules see it: its projects, its source files, its built assemblies.</summary>
internal static class House
{
    /// <summary>The directory with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The projects under src.</summary>
    public static IReadOnlyList<string> SourceProjects { get; } =
        [.. Directory.GetDirectories(Path.Combine(Root, "src")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    /// <summary>Path of a file, from the root.</summary>
    public static string Relative(string path) => Path.GetRelativePath(Root, path);

    /// <summary>The C# files under a directory, without what builds leave there.</summary>
    public static IEnumerable<string> CSharpFiles(string directory) =>
        Directory.EnumerateFiles(Path.Combine(Root, directory), "*.cs", SearchOption.AllDirectories)
            .Where(path => !IsBuilt(path))
            .Order(StringComparer.Ordinal);

    /// <summary>All files that people write.</summary>
    public static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Where(path => !IsBuilt(path));

    /// <summary>The projects that a project refers to, analyzers apart.</summary>
    public static IReadOnlyList<string> ReferencesOf(string project)
    {
        XDocument file = XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"));
        return [.. file.Descendants("ProjectReference")
            .Where(r => (string?)r.Attribute("OutputItemType") != "Analyzer")
            .Select(r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')))];
    }

    /// <summary>The built assembly of a project, in the configuration of the tests.</summary>
    public static string AssemblyOf(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        string name = project switch
        {
            "Sigrun.Server" => "sigrun-server",
            "Sigrun.Benchmark" => "sigrun-benchmark",
            "Sigrun.CheckAof" => "sigrun-check-aof",
            "Sigrun.CheckRdb" => "sigrun-check-rdb",
            "Sigrun.Cli" => "sigrun-cli",
            _ => project,
        };
        return Path.Combine(Root, "src", project, "bin", framework.Parent!.Name, framework.Name, name + ".dll");
    }

    /// <summary>Fails with all violations of a rule when there are any.</summary>
    public static void AssertNone(IEnumerable<string> violations)
    {
        string[] all = [.. violations.Distinct()];
        if (all.Length > 0) Assert.Fail($"{all.Length} violations:\n" + string.Join('\n', all));
    }

    private static bool IsBuilt(string path)
    {
        string[] parts = Relative(path).Split(Path.DirectorySeparatorChar);
        return parts.Any(p => p is "bin" or "obj" or "artifacts" or "node_modules" or ".git" or "TestResults" or "__pycache__");
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
