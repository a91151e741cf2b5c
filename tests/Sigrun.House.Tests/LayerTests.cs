using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sigrun.House.Tests;

/// <summary>Arrows point one way: Server → Sigrun → (Network, Protocol) → Storage.</summary>
public sealed class LayerTests
{
    /// <summary>What each room may know. A new project has to be entered here.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Sigrun.Storage"] = [],
        ["Sigrun.Protocol"] = ["Sigrun.Storage"],
        ["Sigrun.Network"] = ["Sigrun.Storage"],
        ["Sigrun.Cli"] = ["Sigrun.Client"],
        ["Sigrun.Client"] = ["Sigrun.Protocol"],
        ["Sigrun.Generators"] = [],
        ["Sigrun"] = ["Sigrun.Storage", "Sigrun.Protocol", "Sigrun.Network"],
        ["Sigrun.Hosting"] = ["Sigrun"],
        ["Sigrun.Server"] = ["Sigrun"],
        ["Sigrun.CheckAof"] = ["Sigrun"],
        ["Sigrun.CheckRdb"] = ["Sigrun"],
        ["Sigrun.Benchmark"] = ["Sigrun.Client", "Sigrun.Network", "Sigrun.Protocol"],
    };

    /// <summary>Namespaces of the engine that must not see others.</summary>
    private static readonly (string From, string To)[] Blind =
    [
        ("Sigrun.Types", "Sigrun.Network"),
        ("Sigrun.Keyspace", "Sigrun.Network"),
        ("Sigrun.Configuration", "Sigrun.Network"),
        ("Sigrun.Types", "Sigrun.Server"),
    ];

    private const string ExtensionsOfServices = "Microsoft.Extensions.DependencyInjection";

    private static readonly string[] Unsafe = ["Sigrun.Storage", "Sigrun.Protocol", "Sigrun.Network"];

    [Fact]
    public void Every_project_has_its_place() => Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), House.SourceProjects);

    [Fact]
    public void Projects_refer_downwards_only()
    {
        foreach (string project in House.SourceProjects)
            House.AssertNone(House.ReferencesOf(project).Except(Allowed[project]).Select(r => $"{project} refers to {r}"));
    }

    /// <summary>The compiler passes references on from project to project; what code uses lies below it too.</summary>
    [Fact]
    public void Assemblies_use_downwards_only()
    {
        foreach (string project in House.SourceProjects.Where(p => p != "Sigrun.Generators"))
        {
            using FileStream file = File.OpenRead(House.AssemblyOf(project));
            using var image = new PEReader(file);
            MetadataReader metadata = image.GetMetadataReader();
            IEnumerable<string> used = metadata.AssemblyReferences
                .Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))
                .Where(name => name.StartsWith("Sigrun", StringComparison.Ordinal));
            House.AssertNone(used.Except(Below(project)).Select(r => $"{project} uses {r}"));
        }
    }

    [Fact]
    public void Namespaces_follow_projects_and_folders()
    {
        var wrong = new List<string>();
        foreach (string project in House.SourceProjects)
        {
            foreach (string path in House.CSharpFiles(Path.Combine("src", project)))
            {
                string folder = Path.GetDirectoryName(Path.GetRelativePath(Path.Combine(House.Root, "src", project), path))!;
                string expected = folder.Length == 0 ? project : project + "." + folder.Replace(Path.DirectorySeparatorChar, '.');
                foreach (BaseNamespaceDeclarationSyntax space in Parse(path).DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
                {
                    string name = space.Name.ToString();
                    // What the compiler, or who writes a host, looks for under a fixed name has to be there.
                    if (name != expected && !name.StartsWith("System.", StringComparison.Ordinal) && name != ExtensionsOfServices) wrong.Add($"{House.Relative(path)}: {name}");
                }
            }
        }
        House.AssertNone(wrong);
    }

    [Fact]
    public void Types_and_keyspace_do_not_see_the_network()
    {
        var wrong = new List<string>();
        foreach (string path in House.CSharpFiles("src/Sigrun"))
        {
            CompilationUnitSyntax unit = Parse(path);
            string own = unit.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString() ?? "";
            foreach ((string from, string to) in Blind)
            {
                if (!IsIn(own, from)) continue;
                if (unit.DescendantNodes().OfType<NameSyntax>().Any(n => IsIn(n.ToString(), to))) wrong.Add($"{House.Relative(path)} sees {to}");
            }
        }
        House.AssertNone(wrong);
    }

    [Fact]
    public void Unsafe_code_stays_in_three_projects()
    {
        var wrong = new List<string>();
        foreach (string project in House.SourceProjects.Except(Unsafe))
        {
            foreach (string path in House.CSharpFiles(Path.Combine("src", project)))
            {
                // The process's own system calls belong to the server.
                if (House.Relative(path).StartsWith("src/Sigrun.Server/Platform/", StringComparison.Ordinal)) continue;
                if (Parse(path).DescendantTokens().Any(t => t.IsKind(SyntaxKind.UnsafeKeyword))) wrong.Add(House.Relative(path));
            }
        }
        House.AssertNone(wrong);
    }

    private static IEnumerable<string> Below(string project) => Allowed[project].SelectMany(p => (string[])[p, .. Below(p)]);

    private static bool IsIn(string name, string space) => name == space || name.StartsWith(space + ".", StringComparison.Ordinal);

    private static CompilationUnitSyntax Parse(string path) => SourceFile.Parse(path);
}
