using Sigrun.Persistence.Checks;

namespace Sigrun.CheckRdb;

internal static class Program
{
    private static int Main(string[] args) => RdbCheckTool.Run(args, new SystemClock(), Console.Out, Console.Error);
}
