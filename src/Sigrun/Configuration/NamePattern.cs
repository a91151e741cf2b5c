using Sigrun.Keyspace;

namespace Sigrun.Configuration;

/// <summary>Glob patterns over names of directives and files.</summary>
internal static class NamePattern
{
    /// <summary>Whether a text holds any character that makes it a pattern.</summary>
    public static bool IsPattern(string text) => text.AsSpan().IndexOfAny('*', '?', '[') >= 0;

    /// <summary>Whether <paramref name="name"/> as a whole matches.</summary>
    public static bool Matches(string pattern, string name, bool ignoreCase) =>
        GlobPattern.Matches(ConfigText.ToBytes(pattern), ConfigText.ToBytes(name), ignoreCase);
}
