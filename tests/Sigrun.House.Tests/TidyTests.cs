using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sigrun.House.Tests;

/// <summary>Rules that keep the house small and readable.</summary>
public sealed partial class TidyTests
{
    private const int FileLinesMax = 600;
    private const int MethodLinesMax = 60;

    /// <summary>
    /// Methods that are longer than a screen, with the length they may have. The list may only shrink: an
    /// entry that is no longer needed, or allows more than is needed, fails the test too.
    /// </summary>
    private static readonly Dictionary<string, int> LongMethods = new()
    {
        ["tests/Sigrun.Storage.Tests/KeyTableModel.cs Apply"] = 113,
    };

    /// <summary>DEBUG SLEEP holds up the engine on purpose.</summary>
    private const string DebugSleep = "Sigrun.Commands.DebugCommands";

    /// <summary>The tools have no engine, and wait.</summary>
    private const string ToolClock = "Sigrun.Client.ToolClock";

    /// <summary>Calls that bring in what has to come from outside (time, chance) or work behind the engine's back.</summary>
    private static readonly (string Type, string Method, string[] AllowedIn)[] Banned =
    [
        ("System.DateTime", "get_Now", []),
        ("System.DateTime", "get_UtcNow", ["Sigrun.SystemClock"]),
        ("System.DateTime", "get_Today", []),
        ("System.DateTimeOffset", "get_Now", []),
        ("System.DateTimeOffset", "get_UtcNow", []),
        ("System.Diagnostics.Stopwatch", "GetTimestamp", ["Sigrun.SystemClock"]),
        ("System.Diagnostics.Stopwatch", "GetElapsedTime", [ToolClock]),
        ("System.Diagnostics.Stopwatch", "StartNew", [DebugSleep]),
        ("System.Environment", "get_TickCount", []),
        ("System.Environment", "get_TickCount64", []),
        ("System.Random", "get_Shared", []),
        ("System.Random", ".ctor", []),
        ("System.Threading.Tasks.Task", "Run", []),
        ("System.Threading.Thread", "Sleep", [DebugSleep, ToolClock]),
        ("System.Threading.ThreadPool", "QueueUserWorkItem", []),
        ("System.Threading.ThreadPool", "UnsafeQueueUserWorkItem", []),
    ];

    /// <summary>Where LINQ has no place: everything that runs per command, and the layers below.</summary>
    private static readonly string[] HotNamespaces =
        ["Sigrun.Storage", "Sigrun.Protocol", "Sigrun.Network", "Sigrun.Commands", "Sigrun.Keyspace", "Sigrun.Clients", "Sigrun.Types"];

    /// <summary>Types in those places that run in tests only.</summary>
    private static readonly string[] Cold = ["Sigrun.Storage.HeapChecker"];

    [Fact]
    public void Time_and_chance_come_from_outside()
    {
        IEnumerable<string> wrong = RuntimeProjects.SelectMany(p => CallScanner.Scan(House.AssemblyOf(p)))
            .Where(call => Banned.Any(b => b.Type == call.CalleeType && b.Method == call.Callee && !b.AllowedIn.Contains(call.CallerType)))
            .Select(call => $"{call.CallerType}.{call.Caller} calls {call.CalleeType}.{call.Callee}");
        House.AssertNone(wrong);
    }

    [Fact]
    public void No_query_runs_per_command()
    {
        IEnumerable<string> wrong = RuntimeProjects.SelectMany(p => CallScanner.Scan(House.AssemblyOf(p)))
            .Where(call => call.CalleeType.StartsWith("System.Linq.", StringComparison.Ordinal) && IsHot(call.CallerType))
            .Select(call => $"{call.CallerType}.{call.Caller} calls {call.CalleeType}.{call.Callee}");
        House.AssertNone(wrong);
    }

    /// <summary>The scanner finds what is there: this assembly calls what the rules forbid elsewhere.</summary>
    [Fact]
    public void The_scanner_sees_calls()
    {
        List<Call> calls = CallScanner.Scan(typeof(TidyTests).Assembly.Location);
        Assert.Contains(calls, c => c.CallerType == typeof(TidyTests).FullName && c.CalleeType == "System.Linq.Enumerable" && c.Callee == "Where");
        Assert.Contains(calls, c => c.CallerType == typeof(House).FullName && c.CalleeType == "System.IO.File" && c.Callee == "Exists");
    }

    [Fact]
    public void Files_are_short()
    {
        IEnumerable<string> wrong = AllSources()
            .Select(path => (Path: House.Relative(path), Lines: File.ReadLines(path).Count()))
            .Where(file => file.Lines > FileLinesMax)
            .Select(file => $"{file.Path}: {file.Lines} lines");
        House.AssertNone(wrong);
    }

    [Fact]
    public void Methods_fit_a_screen()
    {
        var tooLong = new Dictionary<string, int>();
        foreach (string path in AllSources())
        {
            foreach (SyntaxNode node in SourceFile.Parse(path).DescendantNodes().Where(IsMethod))
            {
                FileLinePositionSpan span = node.GetLocation().GetLineSpan();
                int lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
                if (lines > MethodLinesMax) tooLong[$"{House.Relative(path)} {NameOf(node)}"] = lines;
            }
        }
        IEnumerable<string> grown = tooLong
            .Where(m => m.Value > LongMethods.GetValueOrDefault(m.Key))
            .Select(m => $"{m.Key}: {m.Value} lines");
        IEnumerable<string> shrunk = LongMethods
            .Where(m => tooLong.GetValueOrDefault(m.Key) < m.Value)
            .Select(m => $"{m.Key}: has {tooLong.GetValueOrDefault(m.Key)} lines now, the list must follow");
        House.AssertNone(grown.Concat(shrunk));
    }

    [Fact]
    public void Files_are_named_for_their_main_type()
    {
        var wrong = new List<string>();
        foreach (string path in AllSources())
        {
            // A part of a type is named Type.Part.cs.
            string name = Path.GetFileName(path).Split('.')[0];
            var types = SourceFile.Parse(path).DescendantNodes().OfType<MemberDeclarationSyntax>()
                .Select(m => m switch
                {
                    BaseTypeDeclarationSyntax type => type.Identifier.Text,
                    DelegateDeclarationSyntax type => type.Identifier.Text,
                    _ => "",
                })
                .Where(n => n.Length > 0)
                .ToHashSet();
            if (types.Count > 0 && !types.Contains(name) && !IsGroup(name, types)) wrong.Add($"{House.Relative(path)}: {string.Join(", ", types)}");
        }
        House.AssertNone(wrong);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        string[] extensions = [".cs", ".csproj", ".props", ".sh", ".py", ".js", ".mjs", ".md", ".tcl", ""];
        var wrong = new List<string>();
        foreach (string path in House.Files().Where(p => extensions.Contains(Path.GetExtension(p))))
        {
            int number = 0;
            foreach (string line in File.ReadLines(path))
            {
                number++;
                if (Leftover().IsMatch(line)) wrong.Add($"{House.Relative(path)}:{number}: {line.Trim()}");
            }
        }
        House.AssertNone(wrong);
    }

    private static IEnumerable<string> RuntimeProjects => House.SourceProjects.Where(p => p != "Sigrun.Generators");

    private static IEnumerable<string> AllSources() => ((string[])["src", "tests", "bench"]).SelectMany(House.CSharpFiles);

    private static bool IsHot(string type) => !Cold.Contains(type) && HotNamespaces.Any(space => type.StartsWith(space + ".", StringComparison.Ordinal));

    private static bool IsMethod(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax;

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        LocalFunctionStatementSyntax function => function.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        AccessorDeclarationSyntax { Parent.Parent: PropertyDeclarationSyntax property } accessor => $"{property.Identifier.Text}.{accessor.Keyword.Text}",
        _ => node.ToString().Split('\n')[0],
    };

    /// <summary>A file of several small types carries the plural of what they are.</summary>
    private static bool IsGroup(string name, HashSet<string> types) => name.EndsWith('s') && types.Count > 1;

    // Put together so that this line is none itself.
    [GeneratedRegex(@"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK|XX" + @"X)\b")]
    private static partial Regex Leftover();
}
