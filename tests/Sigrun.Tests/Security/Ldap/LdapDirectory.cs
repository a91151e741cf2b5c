using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security.Ldap;

/// <summary>A directory: slapd as a process of its own, on free ports of the loopback, with a database of its own.</summary>
public sealed class LdapDirectory : IDisposable
{
    private const string Program = "/usr/sbin/slapd";
    private const int StartsMax = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("sigrun-ldap-").FullName;
    private Process? _process;

    /// <summary>Starts one in which <c>Data</c> is; it lets those in who do not say who they are, as many do.</summary>
    public LdapDirectory()
        : this(wantsCertificate: false)
    {
    }

    private LdapDirectory(bool wantsCertificate)
    {
        Certificates = new LdapCertificates(_folder);
        Directory.CreateDirectory(Path.Combine(_folder, "db"));
        File.WriteAllText(Path.Combine(_folder, "slapd.conf"), Configuration(wantsCertificate));
        File.WriteAllText(Path.Combine(_folder, "data.ldif"), Data);
        using Process load = Launch("/usr/sbin/slapadd", "-f", Path.Combine(_folder, "slapd.conf"), "-l", Path.Combine(_folder, "data.ldif"));
        load.WaitForExit();
        Assert.Equal(0, load.ExitCode);
        for (int attempt = 1; _process is null; attempt++)
        {
            (Port, SecurePort) = (FreePorts.Take(), FreePorts.Take());
            // Another process may have taken a port in between.
            if (!TryStart() && attempt == StartsMax) throw new InvalidOperationException("slapd does not start.");
        }
    }

    /// <summary>One whose clients must show a certificate.</summary>
    public static LdapDirectory WithCertificates() => new(wantsCertificate: true);

    /// <summary>The administrator's name there.</summary>
    public static string AdminDn => "cn=admin,dc=example,dc=com";

    /// <summary>And password.</summary>
    public static string AdminPassword => "admin-secret";

    public int Port { get; private set; }

    public int SecurePort { get; private set; }

    public string Url => $"ldap://127.0.0.1:{Port}";

    public string SecureUrl => $"ldaps://127.0.0.1:{SecurePort}";

    public LdapCertificates Certificates { get; }

    /// <summary>Ends the process; the data stays.</summary>
    public void Stop()
    {
        if (_process is null) return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again, on the same ports.</summary>
    public void Restart() => Assert.True(TryStart());

    public void Dispose()
    {
        Stop();
        Directory.Delete(_folder, recursive: true);
    }

    private const string Data = """
        dn: dc=example,dc=com
        objectClass: dcObject
        objectClass: organization
        o: Example
        dc: example

        dn: ou=staff,dc=example,dc=com
        objectClass: organizationalUnit
        ou: staff

        dn: cn=bob,dc=example,dc=com
        objectClass: inetOrgPerson
        cn: bob
        sn: Builder
        uid: b1
        userPassword: bob-secret

        dn: cn=eve,ou=staff,dc=example,dc=com
        objectClass: inetOrgPerson
        cn: eve
        sn: Evans
        uid: e1
        userPassword: eve-secret

        dn: cn=twin1,dc=example,dc=com
        objectClass: inetOrgPerson
        cn: twin1
        sn: Twin
        uid: twin
        userPassword: twin-secret

        dn: cn=twin2,dc=example,dc=com
        objectClass: inetOrgPerson
        cn: twin2
        sn: Twin
        uid: twin
        userPassword: twin-secret

        dn: cn=a\2cb\3dc*()\5c\22\2b\3c\3e\3b#,dc=example,dc=com
        objectClass: inetOrgPerson
        cn: a,b=c*()\"+<>;#
        sn: Odd
        uid: a,b=c*()\"+<>;#
        userPassword: odd-secret

        dn: cn=\#j\c3\b6rg,dc=example,dc=com
        objectClass: inetOrgPerson
        cn:: I2rDtnJn
        sn: Odd
        uid:: I2rDtnJn
        userPassword:: cMOkc3MgIHdvcmQ=

        """;

    private string Configuration(bool wantsCertificate) => $"""
        include /etc/ldap/schema/core.schema
        include /etc/ldap/schema/cosine.schema
        include /etc/ldap/schema/inetorgperson.schema
        modulepath /usr/lib/ldap
        moduleload back_mdb
        allow bind_anon_cred bind_anon_dn
        TLSCACertificateFile {Certificates.Authority}
        TLSCertificateFile {Certificates.Server}
        TLSCertificateKeyFile {Certificates.ServerKey}
        TLSVerifyClient {(wantsCertificate ? "demand" : "never")}
        database mdb
        suffix "dc=example,dc=com"
        rootdn "{AdminDn}"
        rootpw {AdminPassword}
        maxsize 10485760
        directory {Path.Combine(_folder, "db")}
        access to attrs=userPassword by anonymous auth
        access to * by dn="{AdminDn}" read by anonymous read by * none
        """;

    private bool TryStart()
    {
        Process process = Launch(Program, "-d", "0", "-h", $"{Url} {SecureUrl}", "-f", Path.Combine(_folder, "slapd.conf"));
        TestClock.WaitUntil(() => process.HasExited || (Listens(Port) && Listens(SecurePort)), "start of slapd");
        if (process.HasExited) return false;
        _process = process;
        return true;
    }

    private static Process Launch(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;

    private static bool Listens(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
