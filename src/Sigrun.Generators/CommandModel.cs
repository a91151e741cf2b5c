using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>One attribute as read from the source: plain values, comparable, free of symbols.</summary>
internal sealed record CommandModel
{
    public string Name { get; init; } = "";
    public string? Container { get; init; }
    public int Arity { get; init; }
    public CommandFlags Flags { get; init; }
    public CommandGroup Group { get; init; }
    public string Since { get; init; } = "";
    public string Complexity { get; init; } = "";
    public string Summary { get; init; } = "";
    public string Syntax { get; init; } = "";
    public string Keys { get; init; } = "";
    public int Element { get; init; }
    public string Acl { get; init; } = "";
    public string Tips { get; init; } = "";
    public EquatableArray<string> History { get; init; }
    public string? DeprecatedSince { get; init; }
    public string? ReplacedBy { get; init; }
    public CommandDocFlags DocFlags { get; init; }

    /// <summary>The handler's fully qualified name; null for a container declared on a class.</summary>
    public string? Handler { get; init; }

    /// <summary>The fully qualified name of the method that finds the keys; null when there is none.</summary>
    public string? KeyFunction { get; init; }

    /// <summary>What was found wrong while reading; null when nothing was.</summary>
    public string? Error { get; init; }

    /// <summary>Where diagnostics point.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>The name as COMMAND shows it: <c>config|get</c>.</summary>
    public string FullName => (Container is null ? Name : Container + "|" + Name).ToLowerInvariant();

    /// <summary>The name a diagnostic shows: <c>CONFIG GET</c>.</summary>
    public string Title => Container is null ? Name : Container + " " + Name;
}

/// <summary>A place in a source file that can be compared and kept across runs.</summary>
internal readonly record struct SourcePlace(string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static SourcePlace Of(SyntaxReference? reference)
    {
        if (reference is null) return default;
        Location location = Location.Create(reference.SyntaxTree, reference.Span);
        return new SourcePlace(reference.SyntaxTree.FilePath, reference.Span, location.GetLineSpan().Span);
    }

    public Location ToLocation() => Path is null ? Location.None : Location.Create(Path, Span, Lines);
}
