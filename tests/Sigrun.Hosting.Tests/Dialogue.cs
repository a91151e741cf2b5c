using System.Text;

namespace Sigrun.Hosting.Tests;

/// <summary>A client that sends a line and gets the first line of the reply.</summary>
internal static class Dialogue
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<string> Ask(Stream connection, string command)
    {
        using var patience = new CancellationTokenSource(Patience);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), patience.Token);
        return await ReadLine(connection, patience.Token);
    }

    /// <summary>The lines that are left of a reply.</summary>
    public static async Task<string[]> ReadLines(Stream connection, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        string[] lines = new string[count];
        for (int i = 0; i < count; i++) lines[i] = await ReadLine(connection, patience.Token);
        return lines;
    }

    private static async Task<string> ReadLine(Stream connection, CancellationToken patience)
    {
        var line = new List<byte>();
        byte[] one = new byte[1];
        while (line.Count == 0 || line[^1] != '\n')
        {
            if (await connection.ReadAsync(one, patience) == 0) throw new EndOfStreamException();
            line.Add(one[0]);
        }
        return Encoding.ASCII.GetString([.. line]).TrimEnd();
    }
}
