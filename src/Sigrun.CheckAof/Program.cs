namespace Sigrun.CheckAof;

internal static class Program
{
    private static int Main(string[] args)
    {
        try
        {
            return new AofCheck(Console.Out, Console.In).Run(Environment.GetCommandLineArgs()[0], args);
        }
        catch (CheckFailedException failure)
        {
            Console.Out.Write(failure.Message);
            return 1;
        }
    }
}
