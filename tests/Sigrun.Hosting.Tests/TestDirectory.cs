namespace Sigrun.Hosting.Tests;

/// <summary>A directory of a test's own, removed with everything in it.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sigrun-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
