namespace Sigrun.Security;

/// <summary>A user as the configuration declares it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Rules">The rules; those in parentheses are in one piece.</param>
internal sealed record AclUserLine(string Name, List<string> Rules);
