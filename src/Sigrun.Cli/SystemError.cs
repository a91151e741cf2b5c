namespace Sigrun.Cli;

/// <summary>The system's words for what went wrong with a file.</summary>
internal static class SystemError
{
    /// <summary>A message without the path, which is said elsewhere.</summary>
    public static string Describe(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        UnauthorizedAccessException => "Permission denied",
        _ => e.Message,
    };
}
