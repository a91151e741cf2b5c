namespace Sigrun.Tests.Security.Ldap;

/// <summary>Connections to directories that are encrypted.</summary>
public sealed class LdapTlsTests(LdapDirectory directory) : IClassFixture<LdapDirectory>
{
    private const string WrongPassword = "-WRONGPASS invalid username-password pair or user is disabled.";

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_authority_has_to_be_known(bool isSecure, bool usesStartTls)
    {
        using var server = new LdapTestServer(isSecure ? directory.SecureUrl : directory.Url, s => s.UseStartTls = usesStartTls);
        server.AddUsers("bob");
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("LDAP connection failure: the certificate of the server goes back to no authority that is trusted", server.Status, StringComparison.Ordinal);
        server.Change(s => s.TlsCaCertPath = directory.Certificates.Authority);
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        server.Change(s => (s.TlsCaCertPath, s.TlsSkipVerify) = ("", true));
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        Assert.Contains("ldap.tls_skip_verify is on", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void The_certificate_has_to_be_that_of_the_host()
    {
        using var server = new LdapTestServer($"ldaps://localhost:{directory.SecurePort}", s => s.TlsCaCertPath = directory.Certificates.Authority);
        server.AddUsers("bob");
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("LDAP connection failure: the certificate of the server is not one of localhost", server.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_may_want_a_certificate()
    {
        using LdapDirectory strict = LdapDirectory.WithCertificates();
        using var server = new LdapTestServer(strict.SecureUrl, s => s.TlsCaCertPath = strict.Certificates.Authority);
        server.AddUsers("bob");
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        server.Change(s => s.TlsCertPath = strict.Certificates.Client);
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("error=no TLS key path specified. Please set the path for ldap.tls_key_path config", server.Status, StringComparison.Ordinal);
        server.Change(s => s.TlsKeyPath = strict.Certificates.ClientKey);
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        using var server = new LdapTestServer(directory.SecureUrl, s => s.TlsCaCertPath = "/nowhere/ca.crt");
        server.AddUsers("bob");
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("error=failed to load CA certificate: Could not find", server.Status, StringComparison.Ordinal);
        Assert.Contains("/nowhere/ca.crt", server.Status, StringComparison.Ordinal);
    }
}
