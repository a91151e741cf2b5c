using System.Text;

namespace Sigrun.Configuration;

/// <summary>Reads configuration files: finds them, and reports what the system says when it cannot.</summary>
internal static class ConfigurationFile
{
    /// <summary>
    /// The text of the file at <paramref name="path"/>, or of all files that match when it is a pattern, in order of
    /// their names. A pattern without any match is empty, so that a directory of parts may have none.
    /// </summary>
    /// <exception cref="ConfigurationException">A file cannot be read.</exception>
    public static string Read(string path, string directory)
    {
        if (!NamePattern.IsPattern(path))
            return ReadOne(path, directory);
        StringBuilder text = new();
        foreach (string match in Glob(path, directory))
            text.Append(ReadOne(match, directory));
        return text.ToString();
    }

    /// <summary>What the system would say about a failed file operation.</summary>
    public static string Reason(Exception failure, string path) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        UnauthorizedAccessException when Directory.Exists(path) => "Is a directory",
        UnauthorizedAccessException => "Permission denied",
        _ => failure.Message,
    };

    private static string ReadOne(string path, string directory)
    {
        string full = Path.GetFullPath(ConfigText.ToString(path), directory);
        try
        {
            return ConfigText.FromBytes(File.ReadAllBytes(full));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw ConfigurationException.Unreadable(path, Reason(failure, full));
        }
    }

    private static List<string> Glob(string pattern, string directory)
    {
        string full = Path.GetFullPath(ConfigText.ToString(pattern), directory);
        List<string> paths = ["/"];
        foreach (string part in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            List<string> next = [];
            foreach (string path in paths)
                AddMatches(path, part, next);
            paths = next;
        }

        paths.Sort(StringComparer.Ordinal);
        return paths.ConvertAll(ConfigText.FromString);
    }

    private static void AddMatches(string directory, string part, List<string> matches)
    {
        if (!NamePattern.IsPattern(part))
        {
            string path = Path.Combine(directory, part);
            if (Path.Exists(path))
                matches.Add(path);
            return;
        }

        if (!Directory.Exists(directory))
            return;
        foreach (string path in Directory.EnumerateFileSystemEntries(directory))
        {
            // A leading dot has to be written out, as in a shell.
            string name = Path.GetFileName(path);
            if (name.StartsWith('.') == part.StartsWith('.')
                && NamePattern.Matches(ConfigText.FromString(part), ConfigText.FromString(name), ignoreCase: false))
                matches.Add(path);
        }
    }
}
