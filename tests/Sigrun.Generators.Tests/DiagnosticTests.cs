using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Sigrun.Generators.Tests;

public class DiagnosticTests
{
    private const string Rest = "Arity = 2, Since = \"1.0.0\", Summary = \"Does it.\"";

    private static readonly CSharpParseOptions Parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    private static readonly CSharpCompilation Engine = CSharpCompilation.Create(
        "Sample",
        EngineSources().Select(text => CSharpSyntaxTree.ParseText(text, Parse)),
        [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)],
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));

    [Fact]
    public void A_sound_command_passes() => Assert.Empty(Diagnose($"[Command(\"X\", {Rest})]"));

    [Theory]
    [InlineData("[Command(\"x\", $rest)]", "SGN001", "a name is made of capitals")]
    [InlineData("[Command(\"X\", Since = \"1.0.0\", Summary = \"Does it.\")]", "SGN001", "the arity is missing")]
    [InlineData("[Command(\"X\", Arity = 1, Summary = \"Does it.\")]", "SGN001", "Since is missing")]
    [InlineData("[Command(\"X\", Arity = 1, Since = \"1.0.0\")]", "SGN001", "the summary is missing")]
    [InlineData("[Command(\"X\", $rest, Flags = CommandFlags.MovableKeys)]", "SGN001", "is not declared")]
    [InlineData("[Command(\"X\", $rest, Flags = CommandFlags.Write | CommandFlags.ReadOnly)]", "SGN001", "not both")]
    [InlineData("[Command(\"X\", $rest, History = [\"7.0.0 text\"])]", "SGN001", "'version: text'")]
    [InlineData("[Command(\"X\", $rest, Container = \"NONE\")]", "SGN001", "no attribute declares its container")]
    [InlineData("[Command(\"X\", $rest, KeyFunction = \"None\")]", "SGN001", "KeyFunction must name a method")]
    [InlineData("[Command(\"X\", $rest, Tips = \"caf\u00e9\")]", "SGN001", "outside ASCII")]
    [InlineData("[Command(\"X\", $rest), Command(\"X\", $rest)]", "SGN002", "declared twice")]
    [InlineData("[Command(\"X\", $rest, Acl = \"dangerous nope\")]", "SGN004", "'nope' is not an ACL category")]
    public void A_wrong_declaration_is_an_error(string attribute, string id, string message) => AssertError(attribute, id, message);

    [Theory]
    [InlineData("1 RO accesss", "'accesss' is not a key flag")]
    [InlineData("1 RO RW", "more than one of RO, RW, OW and RM")]
    [InlineData("0 RO", "begin at index 1")]
    [InlineData("-1 RO", "begin at index 1")]
    [InlineData("x RO", "is not a number")]
    [InlineData("1..2 RO", "the last key is -n")]
    [InlineData("1..-1/0 RO", "the step must be positive")]
    [InlineData("1#0,1 RO", "'#' takes three numbers or none")]
    [InlineData("@1 RO", "lacks the word")]
    [InlineData("1 RO;", "a key spec is empty")]
    [InlineData("1 RO 'note", "is not closed")]
    public void Malformed_key_specs_are_an_error(string keys, string message) =>
        AssertError("[Command(\"X\", $rest, Keys = \"" + keys + "\")]", "SGN003", message);

    [Theory]
    [InlineData("key [value", "']' is expected")]
    [InlineData("key]", "has no counterpart")]
    [InlineData("[A|B]", "a choice needs a name")]
    [InlineData("[a b]", "a block without a token needs a name")]
    [InlineData("<x=a|>", "an alternative is empty")]
    [InlineData("[x ...]", "there is nothing to repeat")]
    [InlineData("key#1", "a key spec that does not exist")]
    [InlineData("key %", "a word is expected")]
    public void A_malformed_syntax_is_an_error(string syntax, string message) =>
        AssertError("[Command(\"X\", $rest, Syntax = \"" + syntax + "\")]", "SGN005", message);

    [Theory]
    [InlineData("internal static int H(CommandContext c) => 0;")]
    [InlineData("internal static void H() { }")]
    [InlineData("internal static void H(string c) { }")]
    [InlineData("internal void H(CommandContext c) { }")]
    [InlineData("private static void H(CommandContext c) { }")]
    [InlineData("internal static void H(ref CommandContext c) { }")]
    [InlineData("internal static void H<T>(CommandContext c) { }")]
    public void A_handler_of_another_shape_is_an_error(string handler) =>
        Assert.Contains(Diagnose($"[Command(\"X\", {Rest})]", handler), d => d.Id == "SGN001" && d.GetMessage().Contains("the handler must be"));

    [Fact]
    public void A_property_that_nothing_is_generated_for_is_an_error()
    {
        CSharpCompilation sample = Compile($"[Command(\"X\", {Rest}, Unheard = 1)]", "internal static void H(CommandContext c) { }");
        SyntaxTree declaration = sample.SyntaxTrees.Single(tree => tree.ToString().Contains("class CommandAttribute", StringComparison.Ordinal));
        string text = declaration.ToString().Replace("public int Arity", "public int Unheard { get; init; }\n\npublic int Arity", StringComparison.Ordinal);
        sample = sample.ReplaceSyntaxTree(declaration, CSharpSyntaxTree.ParseText(text, Parse));
        Assert.Contains(Diagnose(sample), d => d.Id == "SGN001" && d.GetMessage().Contains("does not know the property Unheard"));
    }

    [Fact]
    public void An_edit_elsewhere_writes_nothing_again()
    {
        CSharpCompilation before = Compile($"[Command(\"X\", {Rest})]", "internal static void H(CommandContext c) { }");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new CommandTableGenerator().AsSourceGenerator()],
            parseOptions: Parse,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(before);
        driver = driver.RunGenerators(before.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Unrelated;", Parse)));
        Assert.All(
            driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs),
            output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    private static void AssertError(string attribute, string id, string message)
    {
        Diagnostic diagnostic = Assert.Single(Diagnose(attribute.Replace("$rest", Rest, StringComparison.Ordinal)));
        Assert.Equal(id, diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Contains(message, diagnostic.GetMessage());
        Assert.True(diagnostic.Location.IsInSource || diagnostic.Location.Kind == LocationKind.ExternalFile);
    }

    private static ImmutableArray<Diagnostic> Diagnose(string attribute, string handler = "internal static void H(CommandContext c) { }") =>
        Diagnose(Compile(attribute, handler));

    private static ImmutableArray<Diagnostic> Diagnose(CSharpCompilation sample)
    {
        CSharpGeneratorDriver.Create(new CommandTableGenerator()).WithUpdatedParseOptions(Parse)
            .RunGeneratorsAndUpdateCompilation(sample, out Compilation _, out ImmutableArray<Diagnostic> diagnostics);
        return diagnostics;
    }

    private static CSharpCompilation Compile(string attribute, string handler) => Engine.AddSyntaxTrees(CSharpSyntaxTree.ParseText(
        $"namespace Sigrun.Commands; class CommandContext; class Sample {{ {attribute} {handler} }}", Parse));

    private static IEnumerable<string> EngineSources()
    {
        Assembly assembly = typeof(DiagnosticTests).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("Table.", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return reader.ReadToEnd();
        }

        yield return "global using System;";
    }
}
