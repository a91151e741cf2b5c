using System.Diagnostics;

namespace Sigrun.Hosting.Tests;

/// <summary>The samples do what they say.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Console()
    {
        Assert.Equal("""
            SET greeting hello +OK
            STRLEN greeting  :5
            INCR visits      :1
            DBSIZE           :2
            2 keys, 4 commands

            """, await Run("Console"));
    }

    [Fact]
    public async Task Host()
    {
        Assert.Contains("Visits: 1", await Run("Host", _directory.Path), StringComparison.Ordinal);
        Assert.Contains("Visits: 2", await Run("Host", _directory.Path), StringComparison.Ordinal);
    }

    private async Task<string> Run(string sample, params string[] arguments)
    {
        DirectoryInfo output = new(AppContext.BaseDirectory);
        DirectoryInfo root = output;
        while (!File.Exists(Path.Combine(root.FullName, "Sigrun.slnx"))) root = root.Parent!;
        string program = Path.Combine(root.FullName, "samples", sample, "bin", output.Parent!.Name, output.Name, $"Sigrun.Samples.{sample}.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments]) { RedirectStandardOutput = true, WorkingDirectory = _directory.Path };
        using Process process = Process.Start(start)!;
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return text;
    }
}
