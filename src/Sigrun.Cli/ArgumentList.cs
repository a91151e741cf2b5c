using System.Text;
using Sigrun.Protocol;

namespace Sigrun.Cli;

/// <summary>Arguments as bytes, and how they are written in lines and in quotes.</summary>
internal static class ArgumentList
{
    /// <summary>The arguments of a line; null when quotes do not balance.</summary>
    public static List<byte[]>? Split(ReadOnlySpan<byte> line)
    {
        var arguments = new List<byte[]>();
        var splitter = new ArgumentSplitter(line.ToArray());
        while (splitter.MoveNext()) arguments.Add(splitter.Current.ToArray());
        return splitter.Unbalanced ? null : arguments;
    }

    /// <summary>The one argument that a text is; null when it is none or several.</summary>
    public static byte[]? Unquote(ReadOnlySpan<byte> text) => Split(text) is [var only] ? only : null;

    /// <summary>Whether an argument is a word, in whatever case.</summary>
    public static bool IsWord(this byte[] argument, string word) => Ascii.EqualsIgnoreCase(argument, word);

    /// <summary>Whether an argument is one of several words, in whatever case.</summary>
    public static bool IsAnyOf(this byte[] argument, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            if (argument.IsWord(word)) return true;
        }
        return false;
    }
}
