using System.Text.RegularExpressions;

namespace Sigrun.House.Tests;

/// <summary>What the documents name exists.</summary>
public sealed partial class DocumentTests
{
    [Theory]
    [InlineData("ARCHITECTURE.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("README.md")]
    public void Named_files_exist(string document)
    {
        string text = File.ReadAllText(Path.Combine(House.Root, document));
        HashSet<string> names = [.. House.Files().Select(p => Path.GetFileName(p)!)];
        string[] named = [.. Named().Matches(text).Select(m => m.Groups[1].Value).Distinct()];
        House.AssertNone(named.Where(name => !Exists(name, names)));
    }

    [Fact]
    public void The_architecture_names_files() =>
        Assert.True(Named().Count(File.ReadAllText(Path.Combine(House.Root, "ARCHITECTURE.md"))) > 10);

    /// <summary>Every subsystem's folder is mentioned, so that a reader of the page knows what there is.</summary>
    [Fact]
    public void Every_project_is_in_the_architecture()
    {
        string text = File.ReadAllText(Path.Combine(House.Root, "ARCHITECTURE.md"));
        House.AssertNone(House.SourceProjects.Where(p => !text.Contains($"src/{p}/", StringComparison.Ordinal)));
    }

    private static bool Exists(string name, HashSet<string> names)
    {
        // A build leaves its results under artifacts; they are not there in a fresh checkout.
        if (name.StartsWith("artifacts/", StringComparison.Ordinal)) return true;
        // Placeholders stand for any name.
        if (name.Contains('<', StringComparison.Ordinal)) name = name[..name.IndexOf('<', StringComparison.Ordinal)];
        string path = Path.Combine(House.Root, name);
        return File.Exists(path) || Directory.Exists(path) || (!name.Contains('/', StringComparison.Ordinal) && names.Contains(name));
    }

    /// <summary>A word in code style that is a path of this repository or the name of a source file.</summary>
    [GeneratedRegex(@"`(?:\./)?((?:src|tests|bench|artifacts|\.ci)/[^\s`]*|[\w.]+\.(?:cs|csproj|md|props|slnx))`")]
    private static partial Regex Named();
}
