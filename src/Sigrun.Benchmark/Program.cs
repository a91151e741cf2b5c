using Sigrun.Client;

namespace Sigrun.Benchmark;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        var tool = new BenchmarkTool(Console.Out, Console.Error, ReadInput);
        return tool.Run(arguments, RawArguments.Of(arguments));
    }

    private static byte[] ReadInput()
    {
        using Stream input = Console.OpenStandardInput();
        using var bytes = new MemoryStream();
        input.CopyTo(bytes);
        return bytes.ToArray();
    }
}
