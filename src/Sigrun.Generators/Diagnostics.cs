using Microsoft.CodeAnalysis;

namespace Sigrun.Generators;

/// <summary>What the generator complains about. Every one is an error: a wrong table must not be built.</summary>
internal static class Diagnostics
{
    public static readonly DiagnosticDescriptor BadDeclaration = Error(1, "Malformed command", "Command {0}: {1}");

    public static readonly DiagnosticDescriptor Duplicate = Error(2, "Duplicate command", "Command {0} is declared twice{1}");

    public static readonly DiagnosticDescriptor BadKeys = Error(3, "Malformed key specs", "Command {0}: key specs: {1}");

    public static readonly DiagnosticDescriptor BadCategory = Error(4, "Malformed ACL categories", "Command {0}: {1}");

    public static readonly DiagnosticDescriptor BadSyntax = Error(5, "Malformed syntax", "Command {0}: syntax: {1}");

    private static DiagnosticDescriptor Error(int number, string title, string message) =>
        new($"SGN{number:D3}", title, message, "Commands", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
