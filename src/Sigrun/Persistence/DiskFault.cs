using System.Runtime.InteropServices;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence;

/// <summary>What a failure to read or write a stream of the framework says, in the words that the C library has for it.</summary>
internal static class DiskFault
{
    private const int NoPermission = 13;

    /// <summary>Whether an exception is a failure of the file system rather than one of ours.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>The system's words for a failure; those of the exception when it does not tell the system's number.</summary>
    public static string Text(Exception exception)
    {
        int error = exception switch
        {
            FileSystemException fault => fault.Errno,
            FileNotFoundException or DirectoryNotFoundException => FileSystemException.NoSuchFile,
            UnauthorizedAccessException => exception.InnerException is IOException inner ? inner.HResult : NoPermission,
            _ => exception.HResult,
        };
        // Numbers of the system are small and positive, those of the framework negative.
        return error is > 0 and < 4096 ? Marshal.GetPInvokeErrorMessage(error) : exception.Message;
    }
}
