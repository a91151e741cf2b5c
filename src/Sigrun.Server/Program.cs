namespace Sigrun.Server;

internal static class Program
{
    private static int Main(string[] args) => SpecialOptions.TryRun(args) ?? new ServerProcess(args).Run();
}
