using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Configuration;

/// <summary>sigrun.conf, the file to begin with, has every directive with its default, and says which do nothing yet.</summary>
public class SampleFileTests
{
    /// <summary>A directive as the file has it: what is said about it, and its lines without the comment sign.</summary>
    private sealed record Entry(string Name, string Text, string[] Lines);

    private static readonly Entry[] Entries = Read();

    [Fact]
    public void EveryDirectiveIsThereOnce()
    {
        string[] expected = [.. new ServerConfiguration("/").Directives.Where(directive => !directive.Is(DirectiveFlags.Hidden))
            .Select(directive => directive.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheValuesAreTheDefaults()
    {
        ServerConfiguration configuration = new("/");
        configuration.LoadText(string.Join('\n', Entries.SelectMany(entry => entry.Lines)));
        Assert.Equal(new ServerConfiguration("/").Get(["*"]), configuration.Get(["*"]));
    }

    [Fact]
    public void WhatDoesNothingYetIsMarked()
    {
        ServerConfiguration configuration = new("/");
        foreach (Entry entry in Entries)
        {
            Support said = entry.Text.EndsWith("Not in this version: only the default is accepted.", StringComparison.Ordinal) ? Support.Pending
                : entry.Text.EndsWith("Not in this version.", StringComparison.Ordinal) ? Support.Tuning
                : Support.Works;
            Assert.Equal((entry.Name, configuration.Find(entry.Name)!.Support), (entry.Name, said));
        }
    }

    private static Entry[] Read()
    {
        ServerConfiguration configuration = new("/");
        var entries = new List<Entry>();
        foreach (string block in File.ReadAllText(Path.Combine(Repository.Root, "sigrun.conf")).Split("\n\n"))
        {
            string[] lines = [.. block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimStart('#').TrimStart())];
            if (lines.Length < 2) continue;
            string name = lines[^1].Split(' ')[0];
            if (configuration.Find(name) is null) continue;
            string[] own = [.. lines.Where(line => line.StartsWith(name + " ", StringComparison.Ordinal))];
            entries.Add(new Entry(name, string.Join(' ', lines[..^own.Length]), own));
        }
        return [.. entries];
    }
}
