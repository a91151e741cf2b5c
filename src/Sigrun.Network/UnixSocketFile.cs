using System.Text;
using Sigrun.Network.Platform;

namespace Sigrun.Network;

/// <summary>The file that a Unix socket has in the file system, and who may connect to it.</summary>
/// <param name="Path">Its name: bytes as characters, which is how configuration holds text.</param>
/// <param name="Permissions">Who may read and write it; 0 leaves that to the process.</param>
/// <param name="Group">The group that it is given to; null leaves that to the process.</param>
public sealed record UnixSocketFile(string Path, uint Permissions = 0, string? Group = null)
{
    /// <summary>What the system has room for.</summary>
    private const int BytesMax = 108;

    /// <summary>The name as the system takes it.</summary>
    internal byte[] NameBytes => Encoding.Latin1.GetBytes(Path);

    /// <summary>What is wrong with the name; null when nothing is.</summary>
    internal string? Complaint =>
        Path.Length < BytesMax ? null : $"unix socket path too long ({Path.Length}), must be under {BytesMax}";

    /// <summary>Whether there is a directory for it.</summary>
    internal bool HasDirectory => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Name)) is var directory && Directory.Exists(directory);

    /// <summary>The name as the framework takes it.</summary>
    internal string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>Removes the file; the system's words when that is not possible, null otherwise.</summary>
    public string? TryRemove() => File.Exists(Name) ? Delete() : "No such file or directory";

    /// <summary>Removes what another server has left. What cannot be removed keeps the socket from being made, and that tells why.</summary>
    internal void RemoveLeftover() => _ = Delete();

    /// <summary>Lets those in who may connect. Returns what went wrong, or null.</summary>
    internal string? TryProtect()
    {
        if (Permissions != 0 && FileOwner.TrySetPermissions(NameBytes, Permissions) is { } error) return error;
        return Group is null ? null : FileOwner.TryGiveToGroup(NameBytes, Group);
    }

    private string? Delete()
    {
        try
        {
            File.Delete(Name);
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return "Permission denied";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
