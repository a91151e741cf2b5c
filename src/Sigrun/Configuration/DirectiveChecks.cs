using System.Net;
using System.Net.Sockets;

namespace Sigrun.Configuration;

/// <summary>What directives ask of their values beyond type and limits: an error text, or null.</summary>
internal static class DirectiveChecks
{
    private const int HashSeedMaxLength = 256;
    private const int HostNameMaxLength = 256;
    private const string InvalidNodeNameCharacters = "!#$%&()*+;<>?@[]^{|}~";

    /// <summary>A file name without a directory.</summary>
    public static string? DbFileName(string value) => BaseName(value, "dbfilename", "filename");

    /// <summary>A file name without a directory.</summary>
    public static string? AppendFileName(string value) => BaseName(value, "appendfilename", "filename");

    /// <summary>A directory name without a parent.</summary>
    public static string? AppendDirName(string value) => BaseName(value, "appenddirname", "dirname");

    /// <summary>Not empty.</summary>
    public static string? ClusterConfigFile(string value) => value.Length == 0 ? "cluster-config-file can't be empty" : null;

    /// <summary>Of a length the seed is made from.</summary>
    public static string? HashSeed(string value) => value.Length > HashSeedMaxLength
        ? $"hash-seed must be less than or equal to {HashSeedMaxLength} characters"
        : null;

    /// <summary>Not save and nosave together.</summary>
    public static string? Shutdown(int value) =>
        (value & (int)ShutdownOptions.Save) != 0 && (value & (int)ShutdownOptions.NoSave) != 0
            ? "shutdown options SAVE and NOSAVE can't be used simultaneously"
            : null;

    /// <summary>A system that may have it.</summary>
    public static string? MultipathTcp(bool value) => value && !OperatingSystem.IsLinux() ? "MPTCP is not supported on this platform" : null;

    /// <summary>One that the system has.</summary>
    public static string? Transport(int value) =>
        value == (int)TransportChoice.Epoll && !OperatingSystem.IsLinux() ? "this system has no epoll" : null;

    /// <summary>The characters a node name may have in the cluster's file.</summary>
    public static string? NodeName(string value)
    {
        foreach (char c in value)
        {
            if (c == 0 || InvalidNodeNameCharacters.Contains(c))
                return "Announced human node name contained invalid character";
        }

        return null;
    }

    /// <summary>The characters and the length of a host name.</summary>
    public static string? HostName(string value)
    {
        if (value.Length >= HostNameMaxLength)
            return $"Hostnames must be less than {HostNameMaxLength} characters";
        foreach (char c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-' && c != '.')
                return "Hostnames may only contain alphanumeric characters, hyphens or dots";
        }

        return null;
    }

    /// <summary>Four decimal numbers, or nothing.</summary>
    public static string? Ipv4(string value) => value.Length == 0 || IsDottedQuad(value) ? null : "Invalid IPv4 address";

    /// <summary>An IPv6 address, or nothing.</summary>
    public static string? Ipv6(string value) => value.Length == 0
        || (IPAddress.TryParse(value, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6
            && !value.Contains('%') && !value.Contains('['))
        ? null
        : "Invalid IPv6 address";

    /// <summary>A template of known variables that is not empty when they are filled in.</summary>
    public static string? ProcessTitle(string value) => ProcessTitleTemplate.IsValid(value)
        ? null
        : "template format is invalid or contains unknown variables";

    private static string? BaseName(string value, string name, string what)
    {
        if (value.Length == 0)
            return $"{name} can't be empty";
        bool isBase = !value.Contains('/') && !value.Contains('\\');
        return isBase ? null : $"{name} can't be a path, just a {what}";
    }

    private static bool IsDottedQuad(string value)
    {
        string[] parts = value.Split('.');
        if (parts.Length != 4)
            return false;
        foreach (string part in parts)
        {
            if (!NumberText.TryInteger(part, out long number) || number < 0 || number > 255)
                return false;
        }

        return true;
    }
}
