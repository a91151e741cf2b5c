namespace Sigrun.Tests.Harness;

/// <summary>
/// A test as one would type it: lines of <c>command -> reply</c>, the reply as <see cref="RespValue"/> shows it.
/// Blanks separate arguments, <c>''</c> is an empty one, <c>#</c> starts a remark.
/// </summary>
public static class CommandScript
{
    private const string Arrow = " -> ";

    public static void Run(RespClient client, string script)
    {
        foreach (string line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#')) continue;
            int arrow = line.IndexOf(Arrow, StringComparison.Ordinal);
            string command = line[..arrow];
            string[] arguments = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (int i = 0; i < arguments.Length; i++)
            {
                if (arguments[i] == "''") arguments[i] = "";
            }
            Assert.Equal($"{command}{Arrow}{line[(arrow + Arrow.Length)..].Trim()}", $"{command}{Arrow}{client.Send(arguments)}");
        }
    }
}
