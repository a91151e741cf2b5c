namespace Sigrun.Observability;

internal sealed class ServerLog
{
    private readonly TextWriter _out = Console.Out;

    public void Warning(string message) => _out.WriteLine(message);

    public void Notice(string message) => _out.WriteLine(message);
}
