using System.Runtime.InteropServices;

namespace Sigrun.Storage.Files;

/// <summary>The system's own files.</summary>
/// <remarks>
/// The framework's files hide the system's reasons and cannot synchronise a directory, so these are the system calls
/// themselves. None of them suppresses the transition for collections, since all may block.
/// </remarks>
public sealed unsafe partial class SystemFiles : IFileSystem
{
    private const int WriteOnly = 1;
    private const int CreateFlag = 0x40;
    private const int TruncateFlag = 0x200;
    private const int AppendFlag = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int Mode = 0x1b6;
    private const int Interrupted = 4;
    private const int Exists = 17;
    private const uint StartWriting = 2;

    /// <inheritdoc/>
    public IWritableFile Create(string path) => new DataFile(Open(path, WriteOnly | TruncateFlag | CreateFlag | CloseOnExec));

    /// <inheritdoc/>
    public IWritableFile OpenAppend(string path) => new DataFile(Open(path, WriteOnly | AppendFlag | CreateFlag | CloseOnExec));

    /// <inheritdoc/>
    public Stream OpenRead(string path) => Reader(Open(path, CloseOnExec));

    /// <inheritdoc/>
    /// <remarks>Without an exception: a server without data starts faster.</remarks>
    public Stream? TryOpenRead(string path)
    {
        int descriptor = TryOpen(path, CloseOnExec, out int errno);
        if (descriptor >= 0) return Reader(descriptor);
        return errno == FileSystemException.NoSuchFile ? null : throw Failure(errno);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => Check(rename(from, to));

    /// <inheritdoc/>
    public void Delete(string path) => Check(unlink(path));

    /// <inheritdoc/>
    public void Truncate(string path, long length) => Check(truncate(path, length));

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        int descriptor = Open(path, CloseOnExec);
        try
        {
            while (!IsDone(fsync(descriptor)))
            {
                // Once more.
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <inheritdoc/>
    public void EnsureDirectory(string path)
    {
        if (mkdir(path, 0x1ed) == 0) return;
        int errno = Marshal.GetLastPInvokeError();
        if (errno != Exists || !Directory.Exists(path)) throw Failure(errno);
    }

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => Directory.Exists(path);

    /// <inheritdoc/>
    public bool FileExists(string path) => File.Exists(path);

    /// <inheritdoc/>
    public long Length(string path)
    {
        int descriptor = Open(path, CloseOnExec);
        long length = lseek(descriptor, 0, 2);
        int errno = Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        return length >= 0 ? length : throw Failure(errno);
    }

    private static FileStream Reader(int descriptor) =>
        new(new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 1);

    private static int Open(string path, int flags)
    {
        int descriptor = TryOpen(path, flags, out int errno);
        return descriptor >= 0 ? descriptor : throw Failure(errno);
    }

    private static int TryOpen(string path, int flags, out int errno)
    {
        do
        {
            int descriptor = open(path, flags, Mode);
            errno = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
            if (errno != Interrupted) return descriptor;
        }
        while (true);
    }

    /// <summary>Whether a call has done its work; false when a signal has interrupted it.</summary>
    private static bool IsDone(int result)
    {
        if (result >= 0) return true;
        int errno = Marshal.GetLastPInvokeError();
        return errno == Interrupted ? false : throw Failure(errno);
    }

    private static void Check(int result)
    {
        if (result < 0) throw Failure(Marshal.GetLastPInvokeError());
    }

    private static FileSystemException Failure(int errno) => new(errno, Marshal.GetPInvokeErrorMessage(errno));

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int descriptor);

    [LibraryImport("libc")]
    private static partial int sync_file_range(int descriptor, long offset, long count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int origin);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int truncate(string path, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, int mode);

    private sealed class DataFile(int descriptor) : IWritableFile
    {
        private int _descriptor = descriptor;

        public int Append(ReadOnlySpan<byte> bytes)
        {
            int total = 0;
            fixed (byte* p = bytes)
            {
                while (total < bytes.Length)
                {
                    nint written = write(_descriptor, p + total, (nuint)(bytes.Length - total));
                    if (written >= 0)
                    {
                        total += (int)written;
                        continue;
                    }
                    int errno = Marshal.GetLastPInvokeError();
                    if (errno == Interrupted) continue;
                    if (total == 0) throw Failure(errno);
                    break;
                }
            }
            return total;
        }

        // What fails here fails again, and is told, when the file is synchronised. A length of 0 stands for all of it.
        public void StartSync() => _ = sync_file_range(_descriptor, 0, 0, StartWriting);

        // The length is metadata without which the bytes could not be read: it is synchronised too.
        public void Sync()
        {
            while (!IsDone(fdatasync(_descriptor)))
            {
                // Once more.
            }
        }

        public void Truncate(long length) => Check(ftruncate(_descriptor, length));

        public void Dispose()
        {
            if (_descriptor >= 0) _ = close(_descriptor);
            _descriptor = -1;
        }
    }
}
