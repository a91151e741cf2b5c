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
        var line = new List<byte>();
        byte[] one = new byte[1];
        while (line.Count == 0 || line[^1] != '\n')
        {
            Assert.Equal(1, await connection.ReadAsync(one, patience.Token));
            line.Add(one[0]);
        }
        return Encoding.ASCII.GetString([.. line]).TrimEnd();
    }
}
