using System.Text.RegularExpressions;
using Sigrun.Configuration;

namespace Sigrun.Tests.Persistence.Background;

/// <summary>What becomes of a snapshot that is under way when the server is asked to end.</summary>
public sealed class ShutdownTests
{
    private const string Killing = "There is a child rewriting the AOF. Killing it!";

    [Theory]
    [InlineData((int)ShutdownOptions.NoSave, false)]
    [InlineData((int)ShutdownOptions.Save, true)]
    public void ASnapshotIsGivenUp(int options, bool saves)
    {
        using var server = new PersistentServer();
        server.Fill();
        string digest = server.Digest;
        server.HoldSnapshots();
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        server.ReleaseSnapshots();
        Assert.True(TryShutdown(server, (ShutdownOptions)options));
        Assert.Contains("There is a child saving an .rdb. Killing it!", server.Log);
        Assert.Equal(saves ? ["dump.rdb"] : [], server.FileNames);
        if (saves) Assert.Equal(digest, PersistentServer.DigestOfSnapshot(server.Files));
    }

    [Fact]
    public void ARewriteIsGivenUp()
    {
        using var server = new PersistentServer(appends: true);
        server.Fill();
        server.HoldSnapshots();
        Assert.Equal("+Background append only file rewriting started", server.Do("BGREWRITEAOF"));
        server.Do("SET after x");
        string digest = server.Digest;
        Assert.True(TryShutdown(server, ShutdownOptions.Default));
        Assert.Contains(Killing, server.Log);
        Assert.Equal(digest, PersistentServer.DigestOfLog(server.Files));
    }

    /// <summary>There is nothing else that the data could be found in.</summary>
    [Theory]
    [InlineData((int)ShutdownOptions.Default, false)]
    [InlineData((int)ShutdownOptions.Now, false)]
    [InlineData((int)ShutdownOptions.Force, true)]
    public void TheFirstBaseIsNotGivenUp(int options, bool mayEnd)
    {
        using var server = new PersistentServer();
        server.Fill();
        server.HoldSnapshots();
        Assert.True(server.OnEngine(engine => engine.AppendOnlyFile!.TurnOn()));
        server.ReleaseSnapshots();
        Assert.Equal(mayEnd, TryShutdown(server, (ShutdownOptions)options));
        Assert.Contains(mayEnd ? "Writing initial AOF. Exit anyway." : "Writing initial AOF, can't exit.", server.Log);
        Assert.Equal(mayEnd, server.Log.Contains(Killing, StringComparison.Ordinal));
        if (!mayEnd) Assert.Equal("1", server.Field("aof_rewrite_in_progress"));
    }

    [Theory]
    [InlineData(true, "name=*redacted* user=*redacted*")]
    [InlineData(false, "name=me user=default")]
    public void TheLogSaysWhoWantedIt(bool isHidden, string who)
    {
        using var server = new PersistentServer(configure: s => s.Observability.HideUserDataFromLog = isHidden);
        server.Do("CLIENT SETNAME me");
        server.Do("CLIENT SETINFO LIB-NAME lib");
        server.Client.Write("SHUTDOWN", "NOSAVE");
        Assert.Equal("", server.Client.ReadToEnd());
        Assert.Matches(
            @"User requested shutdown\.\.\. \(user request from 'id=\d+ addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ fd=\d+ "
            + Regex.Escape(who) + @" lib-name=lib lib-ver='\)", server.Log);
    }

    private static bool TryShutdown(PersistentServer server, ShutdownOptions options) => server.OnEngine(engine => engine.TryShutdown(options));
}
