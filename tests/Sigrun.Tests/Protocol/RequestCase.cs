using System.Globalization;
using System.Text;

namespace Sigrun.Tests.Protocol;

/// <summary>One case of requests.txt: bytes to send and the bytes that must come back.</summary>
public sealed record RequestCase(string Name, byte[] Request, string Resp2, string Resp3)
{
    /// <summary>Whether the server closes the connection by itself.</summary>
    public bool Closes => Name.EndsWith(" closed", StringComparison.Ordinal);

    public string Reply(int version) => version == 3 ? Resp3 : Resp2;

    public override string ToString() => Name;

    /// <summary>All cases of the file.</summary>
    public static IReadOnlyList<RequestCase> All { get; } = Read(Path.Combine(AppContext.BaseDirectory, "Protocol", "requests.txt"));

    private static List<RequestCase> Read(string path)
    {
        var cases = new List<RequestCase>();
        string name = "";
        string request = "";
        string resp2 = "";
        foreach (string line in File.ReadLines(path).Append(""))
        {
            if (line.StartsWith('#')) continue;
            if (line.StartsWith("Q ", StringComparison.Ordinal)) request = Unescape(line[2..]);
            else if (line.StartsWith("2 ", StringComparison.Ordinal)) resp2 = Unescape(line[2..]);
            else if (line.StartsWith("3 ", StringComparison.Ordinal)) cases[^1] = cases[^1] with { Resp3 = Unescape(line[2..]) };
            else name = line;
            if (line.StartsWith("2 ", StringComparison.Ordinal)) cases.Add(new RequestCase(name, Encoding.Latin1.GetBytes(request), resp2, resp2));
        }
        return cases;
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }
            i++;
            if (text[i] == 'x')
            {
                plain.Append((char)int.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
                continue;
            }
            plain.Append(text[i] switch { 'r' => '\r', 'n' => '\n', 't' => '\t', '\\' => '\\', _ => throw new InvalidDataException(text) });
        }
        return plain.ToString();
    }
}
