using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Sigrun.Persistence;

/// <summary>The files of the system.</summary>
internal sealed class DiskFiles : IDataFiles
{
    /// <inheritdoc/>
    public IDataFile Create(string path) => new DiskFile(File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read));

    /// <inheritdoc/>
    public IDataFile? OpenRead(string path)
    {
        try
        {
            return new DiskFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        int descriptor = DiskCalls.Open([.. Encoding.UTF8.GetBytes(path), 0], DiskCalls.ReadOnly);
        if (descriptor < 0) throw DiskFault.Last();
        try
        {
            if (DiskCalls.Sync(descriptor) != 0) throw DiskFault.Last();
        }
        finally
        {
            _ = DiskCalls.Close(descriptor);
        }
    }
}

/// <summary>A file of the system, read or written in order, without a buffer of its own.</summary>
internal sealed class DiskFile(SafeFileHandle handle) : IDataFile
{
    private long _position;
    private long _started;

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public int Read(Span<byte> target)
    {
        int count = RandomAccess.Read(handle, target, _position);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(handle, bytes, _position);
        _position += bytes.Length;
    }

    /// <inheritdoc/>
    public void StartSync()
    {
        if (!OperatingSystem.IsLinux()) return;
        bool isHeld = false;
        handle.DangerousAddRef(ref isHeld);
        // What fails here fails again, and is told, when the file is synced.
        _ = DiskCalls.SyncRange((int)handle.DangerousGetHandle(), _started, _position - _started, DiskCalls.StartWriting);
        _started = _position;
        handle.DangerousRelease();
    }

    /// <inheritdoc/>
    public void Sync() => RandomAccess.FlushToDisk(handle);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}

/// <summary>The calls of the C library that the framework has no words for.</summary>
internal static class DiskCalls
{
    /// <summary>Open for reading.</summary>
    public const int ReadOnly = 0;

    /// <summary>Begin to write what is not on the disk yet, without waiting for it.</summary>
    public const uint StartWriting = 2;

    /// <summary>Opens a file or a directory; the path ends with a zero byte.</summary>
    [DllImport("libc", EntryPoint = "open", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Open(byte[] path, int flags);

    /// <summary>Makes what a descriptor stands for durable.</summary>
    [DllImport("libc", EntryPoint = "fsync", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Sync(int descriptor);

    /// <summary>Brings a part of a file to the disk.</summary>
    [DllImport("libc", EntryPoint = "sync_file_range"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SyncRange(int descriptor, long offset, long count, uint flags);

    /// <summary>Closes a descriptor.</summary>
    [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Close(int descriptor);
}
