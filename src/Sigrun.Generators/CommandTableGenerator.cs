using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Sigrun.Generators;

/// <summary>
/// Reads every <c>[Command]</c> of the compilation and writes the constant half of <c>CommandTable</c>: names and
/// their perfect hash, the dispatch, the facts by id, and the answers of the COMMAND family.
/// </summary>
/// <remarks>
/// Reading makes one comparable model per attribute, so that an edit elsewhere does not run the writing again.
/// </remarks>
[Generator(LanguageNames.CSharp)]
public sealed class CommandTableGenerator : IIncrementalGenerator
{
    private const string AttributeName = "Sigrun.Commands.CommandAttribute";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<CommandModel> models = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                AttributeName,
                static (node, _) => node is MethodDeclarationSyntax or ClassDeclarationSyntax,
                static (found, _) => new EquatableArray<CommandModel>(
                    [.. found.Attributes.Select(attribute => CommandReader.Read(found.TargetSymbol, attribute))]))
            .SelectMany(static (found, _) => found);
        context.RegisterSourceOutput(models.Collect(), static (output, found) =>
        {
            CommandSet commands = CommandSet.Build(found, output.ReportDiagnostic);
            output.AddSource("CommandTable.g.cs", SourceText.From(TableWriter.Write(commands), Encoding.UTF8));
        });
    }
}
