using System.Runtime.InteropServices;
using System.Text;

namespace Sigrun.Network.Platform;

/// <summary>The calls that say whose a file is and who may use it, by names that are bytes, which the framework does not have.</summary>
internal static unsafe partial class FileOwner
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Sets who may read and write a file; nothing where files have no such thing. Returns what went wrong, or null.</summary>
    internal static string? TrySetPermissions(byte[] path, uint permissions)
    {
        if (OperatingSystem.IsWindows()) return null;
        fixed (byte* file = (byte[])[.. path, 0]) return chmod(file, permissions) == 0 ? null : LastErrorText();
    }

    /// <summary>Gives a file to a group by its name. Returns what went wrong, or null.</summary>
    internal static string? TryGiveToGroup(byte[] path, string group)
    {
        fixed (byte* name = (byte[])[.. Encoding.Latin1.GetBytes(group), 0])
        fixed (byte* file = (byte[])[.. path, 0])
        {
            GroupEntry* entry = getgrnam(name);
            if (entry is null) return $"getgrnam error for group '{group}': {LastErrorText()}";
            return chown(file, Unchanged, entry->Id) == 0 ? null : $"chown error for group '{group}': {LastErrorText()}";
        }
    }

    private static string LastErrorText() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", SetLastError = true)]
    private static partial GroupEntry* getgrnam(byte* name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chown(byte* path, uint user, uint group);

    [StructLayout(LayoutKind.Sequential)]
    private struct GroupEntry
    {
        public byte* Name;
        public byte* Password;
        public uint Id;
    }
}
