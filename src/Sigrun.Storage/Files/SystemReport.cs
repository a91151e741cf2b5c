using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Files;

/// <summary>Reads what the system tells in files of <c>/proc</c>.</summary>
/// <remarks>
/// Some are read at every start, and what the framework's files set up for the first of them costs a tenth of the start: so these
/// are the system calls themselves. A path is a literal in UTF-8, which has a zero byte behind it. On systems without such
/// files there is nothing to read.
/// </remarks>
public static unsafe partial class SystemReport
{
    private const int CloseOnExec = 0x80000;

    private const int TooManyFiles = 24;

    /// <summary>The bytes of a file; null when it cannot be read.</summary>
    /// <exception cref="IOException">The process may open no more files.</exception>
    public static byte[]? TryRead(ReadOnlySpan<byte> path)
    {
        int descriptor = Open(path);
        if (descriptor < 0) ThrowIfOutOfFiles();
        if (descriptor < 0) return null;
        byte[] bytes = new byte[1024];
        int length = 0;
        nint count;
        do
        {
            if (length == bytes.Length) Array.Resize(ref bytes, bytes.Length * 4);
            count = Read(descriptor, bytes.AsSpan(length));
            length += (int)Math.Max(count, 0);
        }
        while (count > 0);
        _ = close(descriptor);
        return count < 0 ? null : bytes[..length];
    }

    /// <summary>The name by which the program was called, which the runtime does not tell; empty when it cannot be known.</summary>
    /// <exception cref="IOException">The process may open no more files.</exception>
    public static ReadOnlySpan<byte> ProgramName()
    {
        ReadOnlySpan<byte> arguments = TryRead("/proc/self/cmdline"u8);
        int end = arguments.IndexOf((byte)0);
        return end < 0 ? arguments : arguments[..end];
    }

    /// <summary>Reads the beginning of a file; 0 when it cannot be read.</summary>
    public static int Read(ReadOnlySpan<byte> path, Span<byte> into)
    {
        int descriptor = Open(path);
        if (descriptor < 0) return 0;
        nint count = Read(descriptor, into);
        _ = close(descriptor);
        return (int)Math.Max(count, 0);
    }

    /// <summary>The entries of a directory whose names are numbers; none when it cannot be read.</summary>
    /// <exception cref="IOException">The process may open no more files.</exception>
    public static List<int> Numbers(ReadOnlySpan<byte> path)
    {
        // Where the system's record of an entry has the name.
        const int NameOffset = 19;
        List<int> numbers = [];
        if (!OperatingSystem.IsLinux()) return numbers;
        nint directory;
        fixed (byte* p = path) directory = opendir(p);
        if (directory == 0) ThrowIfOutOfFiles();
        if (directory == 0) return numbers;
        for (nint entry = readdir(directory); entry != 0; entry = readdir(directory))
        {
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameOffset);
            if (Utf8Parser.TryParse(name, out int number, out int length) && length == name.Length) numbers.Add(number);
        }
        _ = closedir(directory);
        return numbers;
    }

    private static int Open(ReadOnlySpan<byte> path)
    {
        if (!OperatingSystem.IsLinux()) return -1;
        fixed (byte* p = path) return open(p, CloseOnExec);
    }

    private static nint Read(int descriptor, Span<byte> into)
    {
        fixed (byte* p = into) return read(descriptor, p, (nuint)into.Length);
    }

    private static void ThrowIfOutOfFiles()
    {
        if (OperatingSystem.IsLinux() && Marshal.GetLastSystemError() == TooManyFiles) throw new IOException("No more files can be opened.");
    }

    [LibraryImport("libc")]
    private static partial int open(byte* path, int flags);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial nint opendir(byte* path);

    [LibraryImport("libc")]
    private static partial nint readdir(nint directory);

    [LibraryImport("libc")]
    private static partial int closedir(nint directory);
}
