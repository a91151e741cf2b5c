using System.Globalization;
using System.Text;

namespace Sigrun.Tests.Differential;

/// <summary>Bytes as text for messages.</summary>
public static class Show
{
    private const int LengthMax = 120;

    public static string Command(byte[][] arguments) => string.Join(' ', arguments.Select(Argument));

    public static string Argument(byte[] bytes) => bytes.Length > 0 && bytes.All(b => b is > 32 and < 127 and not (byte)'"') ? Cut(bytes) : $"\"{Cut(bytes)}\"";

    public static string Cut(byte[] bytes)
    {
        var text = new StringBuilder();
        foreach (byte b in bytes.Take(LengthMax))
        {
            if (b is >= 32 and < 127 and not (byte)'\\') text.Append((char)b);
            else text.Append("\\x").Append(b.ToString("x2", CultureInfo.InvariantCulture));
        }
        if (bytes.Length > LengthMax) text.Append(CultureInfo.InvariantCulture, $"… ({bytes.Length} bytes)");
        return text.ToString();
    }
}
