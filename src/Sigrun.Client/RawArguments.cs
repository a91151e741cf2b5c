using System.Text;

namespace Sigrun.Client;

/// <summary>
/// The arguments of the process as bytes. .NET hands them over as text and puts a mark where something is no UTF-8; then the
/// system is asked for them.
/// </summary>
public static class RawArguments
{
    private const char Replacement = '\uFFFD';

    /// <summary>The bytes of the arguments, which are those of the process.</summary>
    public static byte[][] Of(string[] arguments)
    {
        bool isText = !Array.Exists(arguments, a => a.Contains(Replacement, StringComparison.Ordinal));
        return isText ? Array.ConvertAll(arguments, Encoding.UTF8.GetBytes) : Last(File.ReadAllBytes("/proc/self/cmdline"), arguments.Length);
    }

    /// <summary>The last so many of the arguments in a list in which each ends with a zero.</summary>
    internal static byte[][] Last(ReadOnlySpan<byte> list, int count)
    {
        var arguments = new byte[count][];
        for (int i = count - 1; i >= 0; i--)
        {
            list = list[..^1];
            int start = list.LastIndexOf((byte)0) + 1;
            arguments[i] = list[start..].ToArray();
            list = list[..start];
        }
        return arguments;
    }
}
