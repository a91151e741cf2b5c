using System.Collections.Concurrent;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sigrun.House.Tests;

/// <summary>Parsed source files, each parsed once.</summary>
internal static class SourceFile
{
    private static readonly ConcurrentDictionary<string, CompilationUnitSyntax> Parsed = new();

    public static CompilationUnitSyntax Parse(string path) => Parsed.GetOrAdd(path, static p =>
        CSharpSyntaxTree.ParseText(File.ReadAllText(p), new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot());
}
