using Microsoft.CodeAnalysis;
using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>Turns an attribute on a method or class into a <see cref="CommandModel"/>.</summary>
internal static class CommandReader
{
    private const string ContextType = "Sigrun.Commands.CommandContext";

    public static CommandModel Read(ISymbol target, AttributeData attribute)
    {
        var model = new CommandModel
        {
            Name = attribute.ConstructorArguments.Length == 1 ? attribute.ConstructorArguments[0].Value as string ?? "" : "",
            Place = SourcePlace.Of(attribute.ApplicationSyntaxReference),
        };
        string? keyFunction = null;
        foreach (KeyValuePair<string, TypedConstant> argument in attribute.NamedArguments)
        {
            if (argument.Key == "KeyFunction") keyFunction = argument.Value.Value as string;
            else model = With(model, argument.Key, argument.Value);
        }

        string? error = null;
        if (target is IMethodSymbol method)
        {
            if (!IsHandler(method)) error = "the handler must be 'static void " + method.Name + "(CommandContext)', not private";
            model = model with { Handler = QualifiedName(method) };
        }

        if (keyFunction is not null)
        {
            INamedTypeSymbol type = target as INamedTypeSymbol ?? target.ContainingType;
            IMethodSymbol? found = type.GetMembers(keyFunction).OfType<IMethodSymbol>().FirstOrDefault();
            if (found is null || !IsKeyFunction(found))
                error = "KeyFunction must name a method 'static void " + keyFunction + "(ArgumentList, ref KeyPositions)' of the same class, not private";
            else
                model = model with { KeyFunction = QualifiedName(found) };
        }

        return model with { Error = error ?? model.Error };
    }

    private static CommandModel With(CommandModel model, string property, TypedConstant value) => property switch
    {
        "Container" => model with { Container = value.Value as string },
        "Arity" => model with { Arity = (int)value.Value! },
        "Flags" => model with { Flags = (CommandFlags)(ulong)value.Value! },
        "Group" => model with { Group = (CommandGroup)(int)value.Value! },
        "Since" => model with { Since = value.Value as string ?? "" },
        "Complexity" => model with { Complexity = value.Value as string ?? "" },
        "Summary" => model with { Summary = value.Value as string ?? "" },
        "Syntax" => model with { Syntax = value.Value as string ?? "" },
        "Keys" => model with { Keys = value.Value as string ?? "" },
        "Element" => model with { Element = (int)value.Value! },
        "Acl" => model with { Acl = value.Value as string ?? "" },
        "Tips" => model with { Tips = value.Value as string ?? "" },
        "History" => model with { History = new([.. value.Values.Select(v => v.Value as string ?? "")]) },
        "DeprecatedSince" => model with { DeprecatedSince = value.Value as string },
        "ReplacedBy" => model with { ReplacedBy = value.Value as string },
        "DocFlags" => model with { DocFlags = (CommandDocFlags)(int)value.Value! },
        _ => model with { Error = "the generator does not know the property " + property },
    };

    private static bool IsHandler(IMethodSymbol method) =>
        method is { IsStatic: true, ReturnsVoid: true, IsGenericMethod: false, Parameters.Length: 1 }
        && method.DeclaredAccessibility is not Accessibility.Private
        && method.Parameters[0] is { RefKind: RefKind.None } parameter
        && parameter.Type.ToDisplayString() == ContextType;

    private static bool IsKeyFunction(IMethodSymbol method) =>
        method is { IsStatic: true, ReturnsVoid: true, IsGenericMethod: false, Parameters.Length: 2 }
        && method.DeclaredAccessibility is not Accessibility.Private
        && method.Parameters[0].Type.ToDisplayString() == "Sigrun.Commands.ArgumentList"
        && method.Parameters[1] is { RefKind: RefKind.Ref } keys
        && keys.Type.ToDisplayString() == "Sigrun.Commands.KeyPositions";

    private static string QualifiedName(IMethodSymbol method) =>
        method.ContainingType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) + "." + method.Name;
}
