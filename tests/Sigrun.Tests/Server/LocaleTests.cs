using System.Diagnostics;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Server;

/// <summary>The order of texts in SORT follows a locale: <c>locale-collate</c>, or that of the environment.</summary>
public sealed class LocaleTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly int _port = FreePorts.Take();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TextsAreInTheOrderOfTheLanguage()
    {
        Compile("en_US");
        Compile("sv_SE");
        using ServerRun run = ServerRun.WithVariable("LOCPATH", _directory.Path, _directory.Path, "--port", $"{_port}", "--save", "", "--locale-collate", "en_US.UTF-8");
        using RespClient client = ServerRun.Connect(_port);
        string[] words = ["Zebra", "apple", "\u00c3\u00a4pfel", "Apple", "B", "9", "10"];
        client.Send(["RPUSH", "words", .. words]);
        for (int i = 0; i < words.Length; i++) client.Send("SET", $"weight_{words[i]}", words[words.Length - 1 - i]);

        Assert.Equal(["10", "9", "\u00c3\u00a4pfel", "apple", "Apple", "B", "Zebra"], Items(client, "SORT", "words", "ALPHA"));
        Assert.Equal(["Zebra", "B", "Apple", "apple", "\u00c3\u00a4pfel", "9", "10"], Items(client, "SORT", "words", "ALPHA", "DESC"));
        Assert.Equal("Zebra", Items(client, "SORT", "words", "ALPHA", "BY", "weight_*")[0]);
        // What is stored has to be the same everywhere.
        client.Send("SORT", "words", "ALPHA", "STORE", "sorted");
        Assert.Equal(["10", "9", "Apple", "B", "Zebra", "apple", "\u00c3\u00a4pfel"], Items(client, "LRANGE", "sorted", "0", "-1"));

        Assert.Equal("OK", client.Send("CONFIG", "SET", "locale-collate", "sv_SE.UTF-8").Text);
        Assert.Equal("\u00c3\u00a4pfel", Items(client, "SORT", "words", "ALPHA")[^1]);
        Assert.Contains("Invalid locale name", client.Send("CONFIG", "SET", "locale-collate", "xx_XX").Text, StringComparison.Ordinal);
        Assert.Equal("\u00c3\u00a4pfel", Items(client, "SORT", "words", "ALPHA")[^1]);
        Assert.Equal("OK", client.Send("CONFIG", "SET", "locale-collate", "C").Text);
        Assert.Equal(["10", "9", "Apple"], Items(client, "SORT", "words", "ALPHA", "LIMIT", "0", "3"));
    }

    [Fact]
    public void ALocaleThatIsNotThereStopsTheStart()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--locale-collate", "xx_XX");
        (int code, string output, _) = run.End();
        Assert.Equal(1, code);
        Assert.EndsWith("# Failed to configure LOCALE for invalid locale name: 'xx_XX'.\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheOneOfTheEnvironmentNeedNotBeThere()
    {
        using ServerRun run = ServerRun.WithVariable("LC_ALL", "xx_XX", _directory.Path, "--port", $"{_port}", "--save", "");
        Assert.Contains(run.ReadUntil("Ready to accept"), line => line.EndsWith(
            "# Warning: Failed to configure LOCALE derived from the environment variables, using the default locale 'C'.", StringComparison.Ordinal));
    }

    private void Compile(string locale)
    {
        using Process compiler = Process.Start("localedef", ["-i", locale, "-f", "UTF-8", Path.Combine(_directory.Path, locale + ".UTF-8")]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
    }

    private static string[] Items(RespClient client, params string[] request) => [.. client.Send(request).Items.Select(item => item.Text)];
}
