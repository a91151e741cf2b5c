using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Server;

/// <summary>
/// redis-server is stopped, Sigrun started with the same configuration file in the same places, and back: Debian's file as it
/// is, as a daemon, with the data, the log, the pid file and the socket that it names.
/// </summary>
public sealed class SwapTests : IDisposable
{
    private const string DebianFile = "/etc/redis/redis.conf";

    private readonly TestDirectory _directory = new();
    private readonly int _port = FreePorts.Take();

    private string Socket => Path.Combine(_directory.Path, "redis.sock");

    private string PidFile => Path.Combine(_directory.Path, "redis-server.pid");

    public void Dispose()
    {
        if (RunningId() is { } id) Process.GetProcessById(id).Kill();
        _directory.Dispose();
    }

    [Fact]
    public void TheSameFileServesBoth()
    {
        Start("redis-server");
        using (RespClient client = new(_port))
        {
            foreach (string line in Data("redis")) Assert.NotEqual('-', client.Line(line).Kind);
        }
        string digest = Stop();

        Start(Repository.ServerProgram, "--rdb-save-version", "10");
        using (RespClient client = new(_port))
        {
            Assert.Equal(digest, client.Line("DEBUG DIGEST"));
            Assert.Contains($"process_id:{RunningId()}\r\n", client.Line("INFO server").Text, StringComparison.Ordinal);
            foreach (string line in Data("sigrun")) Assert.NotEqual('-', client.Line(line).Kind);
        }
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Connect(new UnixDomainSocketEndPoint(Socket));
            socket.Send("PING\r\n"u8);
            byte[] reply = new byte[7];
            new NetworkStream(socket).ReadExactly(reply);
            Assert.Equal("+PONG\r\n", Encoding.ASCII.GetString(reply));
        }
        digest = Stop();
        Assert.False(File.Exists(Socket));

        Start("redis-server");
        using (RespClient client = new(_port)) Assert.Equal(digest, client.Line("DEBUG DIGEST"));
        Stop();

        // Three lives in one log.
        string log = File.ReadAllText(Path.Combine(_directory.Path, "redis-server.log"));
        Assert.Equal(3, log.Split("Server initialized").Length - 1);
        Assert.Contains("Sigrun is now ready to exit, bye bye...", log, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Data(string prefix)
    {
        for (int i = 0; i < 50; i++)
        {
            yield return $"SET {prefix}:string:{i} {new string('x', i + 1)}";
            yield return $"RPUSH {prefix}:list {i} {new string('y', 2 * i)}";
            yield return $"SADD {prefix}:set {i} member{i}";
            yield return $"SADD {prefix}:numbers {i}";
            yield return $"HSET {prefix}:hash field{i} {i} {new string('f', i + 1)} z";
            yield return $"ZADD {prefix}:sorted {i / 4.0:F2} member{i}";
            yield return $"XADD {prefix}:stream {i + 1}-1 field{i} {i}";
            yield return $"PFADD {prefix}:hll {i}";
        }
        yield return $"XGROUP CREATE {prefix}:stream group 0";
        yield return $"XREADGROUP GROUP group consumer COUNT 3 STREAMS {prefix}:stream >";
        yield return $"SET {prefix}:volatile 1 EX 100000";
    }

    private void Start(string program, params string[] more)
    {
        string file = File.Exists(DebianFile) && IsReadable(DebianFile) ? DebianFile : Path.Combine(AppContext.BaseDirectory, "Configuration", "debian.conf");
        var start = new ProcessStartInfo(program,
        [
            file, "--port", _port.ToString(CultureInfo.InvariantCulture), "--dir", _directory.Path, "--pidfile", PidFile,
            "--logfile", Path.Combine(_directory.Path, "redis-server.log"), "--unixsocket", Socket, "--unixsocketperm", "700",
            "--enable-debug-command", "yes", "--daemonize", "yes", .. more,
        ]);
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet") start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath);
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        TestClock.WaitUntil(Answers, "the first answer of the daemon");
    }

    /// <summary>Stops the daemon with its data saved; returns what that was.</summary>
    private string Stop()
    {
        int id = RunningId()!.Value;
        string digest;
        using (RespClient client = new(_port))
        {
            digest = client.Line("DEBUG DIGEST").ToString();
            client.WriteRaw("SHUTDOWN SAVE\r\n");
            client.ReadToEnd();
        }
        TestClock.WaitUntil(() => !Directory.Exists($"/proc/{id}"), "the end of the daemon");
        Assert.False(File.Exists(PidFile));
        return digest;
    }

    private bool Answers()
    {
        try
        {
            using RespClient client = new(_port);
            return client.Line("PING").ToString() == "+PONG";
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            return false;
        }
    }

    private int? RunningId() => File.Exists(PidFile) && int.TryParse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture, out int id) ? id : null;

    private static bool IsReadable(string path)
    {
        try
        {
            File.OpenRead(path).Dispose();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
