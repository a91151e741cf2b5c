using System.Net;
using System.Net.Sockets;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security.Ldap;

/// <summary>Directories that are not there, do not answer, or come back.</summary>
public sealed class LdapServersTests : IDisposable
{
    private const string WrongPassword = "-WRONGPASS invalid username-password pair or user is disabled.";

    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    /// <summary>Connections to it are taken by the system, and nothing ever comes back.</summary>
    public LdapServersTests() => _silent.Start();

    public void Dispose() => _silent.Dispose();

    private string SilentUrl => "ldap://" + _silent.LocalEndpoint;

    [Fact]
    public void A_directory_may_go_and_come_back()
    {
        using var directory = new LdapDirectory();
        using var server = new LdapTestServer(directory.Url);
        server.AddUsers("bob");
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        TestClock.WaitUntil(() => server.Status.Contains("ping_time_ms=", StringComparison.Ordinal), "the first look at the directory");
        directory.Stop();
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.StartsWith("# ldap_status\r\nldap_server_0:host=127.0.0.1,status=unhealthy,error=LDAP connection failure: Connection refused", server.Status, StringComparison.Ordinal);
        Assert.Contains($" * <ldap> transition server {directory.Url} HEALTHY -> UNHEALTHY: [LDAP connection failure: Connection refused]\n", server.Log, StringComparison.Ordinal);
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("LDAP authentication failure: all servers set in configuration are unhealthy", server.Log, StringComparison.Ordinal);
        directory.Restart();
        TestClock.WaitUntil(() => server.Status.Contains("status=healthy,ping_time_ms=", StringComparison.Ordinal), "health of the directory");
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        Assert.Contains("UNHEALTHY: [LDAP connection failure: Connection refused] -> HEALTHY\n", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kept_connection_that_was_closed_is_no_failure()
    {
        using var directory = new LdapDirectory();
        using var server = new LdapTestServer(directory.Url, static s => s.FailureDetectorIntervalSeconds = 1000);
        server.AddUsers("bob");
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        TestClock.WaitUntil(() => server.Status.Contains("ping_time_ms=", StringComparison.Ordinal), "the first look at the directory");
        directory.Stop();
        directory.Restart();
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        Assert.DoesNotContain("transition", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_directory_that_is_there_is_asked()
    {
        using var directory = new LdapDirectory();
        using var server = new LdapTestServer($"ldap://127.0.0.1:1 {directory.Url}");
        server.AddUsers("bob");
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        string[] lines = server.Status.Split("\r\n");
        Assert.StartsWith("ldap_server_0:host=127.0.0.1,status=unhealthy,error=", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("ldap_server_1:host=127.0.0.1,status=healthy", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Only_the_client_waits_whose_directory_does_not_answer(int ioThreads)
    {
        using var server = new LdapTestServer(SilentUrl, static s => s.TimeoutOperationSeconds = 8, ioThreads);
        server.Admin.Line("ACL SETUSER bob on >mine +@all");
        using RespClient client = server.Server.Connect();
        client.WriteRaw("CLIENT ID\r\nAUTH bob mine\r\nACL WHOAMI\r\n");
        long id = client.Read().Number;
        TestClock.WaitUntil(() => server.HasBlocked(1), "a client that waits");
        Assert.Equal("+PONG", server.Admin.Line("PING"));
        Assert.Equal(0, server.Admin.Line($"CLIENT UNBLOCK {id}").Number);
        Assert.Equal(0, server.Admin.Line($"CLIENT UNBLOCK {id} ERROR").Number);
        Assert.Equal("+OK", client.Read());
        Assert.Equal("bob", client.Read().Text);
        Assert.True(server.HasBlocked(0));
        Assert.Contains("status=unhealthy,error=LDAP connection failure: timed out\r\n", server.Status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_may_go_while_it_waits()
    {
        using var server = new LdapTestServer(SilentUrl, static s => (s.ConnectionPoolSize, s.TimeoutOperationSeconds) = (1, 60));
        server.AddUsers("bob");
        using RespClient gone = server.Server.Connect();
        using RespClient killed = server.Server.Connect();
        gone.Write("AUTH", "bob", "bob-secret");
        TestClock.WaitUntil(() => server.HasBlocked(1), "a client that waits");
        killed.Write("AUTH", "bob", "bob-secret");
        TestClock.WaitUntil(() => server.HasBlocked(2), "two clients that wait");
        gone.Reset();
        TestClock.WaitUntil(() => server.HasBlocked(1), "that the client has gone");
        Assert.Equal(1, server.Admin.Line("CLIENT KILL SKIPME yes").Number);
        Assert.Equal("", killed.ReadToEnd());
        TestClock.WaitUntil(() => server.HasBlocked(0), "that nobody waits");
        Assert.Equal("+PONG", server.Admin.Line("PING"));
    }

    [Fact]
    public void Who_waits_when_directories_are_switched_off_is_answered()
    {
        using var server = new LdapTestServer(SilentUrl, static s => (s.ConnectionPoolSize, s.TimeoutOperationSeconds) = (1, 8));
        server.Admin.Line("ACL SETUSER bob on >mine +@all");
        using RespClient first = server.Server.Connect();
        using RespClient second = server.Server.Connect();
        first.Write("AUTH", "bob", "mine");
        TestClock.WaitUntil(() => server.HasBlocked(1), "a client that waits");
        second.Write("AUTH", "bob", "mine");
        TestClock.WaitUntil(() => server.HasBlocked(2), "two clients that wait");
        server.Change(static s => s.Servers = "");
        Assert.Equal("+OK", second.Read());
        Assert.Equal("+OK", first.Read());
        Assert.Equal("", server.Status);
        Assert.Equal("+OK", server.LogIn("bob", "mine"));
    }

    /// <summary>What answers, but is no directory: another protocol, an endless message, the answer to another question.</summary>
    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("0\u0084\u007f\u007f\u007f\u007f")]
    [InlineData("0\u0080")]
    [InlineData("0\u000c\u0002\u0001\u0009\u0061\u0007\u000a\u0001\u0000\u0004\u0000\u0004\u0000")]
    [InlineData("0\u000c\u0002\u0001\u0001\u0065\u0007\u000a\u0001\u0000\u0004\u0000\u0004\u0000")]
    [InlineData("0\u0005\u0002\u0001\u0001\u0061\u0000")]
    public void Nonsense_lets_nobody_in(string answer)
    {
        using var server = new LdapTestServer(SilentUrl);
        using var answering = new BackgroundAnswers(_silent, answer);
        server.AddUsers("bob");
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("status=unhealthy,error=LDAP connection failure: ", server.Status, StringComparison.Ordinal);
    }

    /// <summary>Sends everybody who connects the same, once something was asked.</summary>
    private sealed class BackgroundAnswers : IDisposable
    {
        private readonly TcpListener _listener;
        private readonly Thread _thread;

        public BackgroundAnswers(TcpListener listener, string answer)
        {
            _listener = listener;
            byte[] bytes = System.Text.Encoding.Latin1.GetBytes(answer);
            Socket server = listener.Server;
            _thread = new Thread(() => Run(server, bytes)) { IsBackground = true };
            _thread.Start();
        }

        public void Dispose()
        {
            _listener.Stop();
            _thread.Join();
        }

        private static void Run(Socket server, byte[] answer)
        {
            try
            {
                for (; ; ) Answer(server.Accept(), answer);
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
                // The end of the test.
            }
        }

        private static void Answer(Socket client, byte[] answer)
        {
            using Socket socket = client;
            try
            {
                socket.Receive(new byte[1024]);
                socket.Send(answer);
            }
            catch (SocketException)
            {
                // Whoever has asked is gone.
            }
        }
    }
}
