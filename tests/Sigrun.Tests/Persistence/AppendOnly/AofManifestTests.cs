using System.Text;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

public sealed class AofManifestTests
{
    [Fact]
    public void IsWrittenAsItIsRead()
    {
        const string Text = "file a.2.base.rdb seq 2 type b\nfile a.1.base.rdb seq 1 type h\nfile \"a b.1.incr.aof\" seq 1 type i\nfile a.3.incr.aof seq 3 type i\n";
        AofManifest manifest = AofManifest.Parse(Encoding.Latin1.GetBytes("# comment\n" + Text));
        Assert.Equal(Text, Encoding.Latin1.GetString(manifest.Format()));
        Assert.Equal("a.4.incr.aof", manifest.WithNewIncrement("a").Increments[^1].Name);
        Assert.Equal("a.3.base.aof", manifest.WithNewBase("a", isSnapshot: false).Base!.Name);
    }

    [Theory]
    [InlineData("", "Found an empty AOF manifest")]
    [InlineData("\n", "Invalid AOF manifest file format")]
    [InlineData("file a seq 1 type b", "The AOF manifest file contains too long line")]
    [InlineData("file a seq 1\n", "Invalid AOF manifest file format")]
    [InlineData("file a seq 1 type b\nfile b seq 2 type b\n", "Found duplicate base file information")]
    [InlineData("file a seq 2 type i\nfile b seq 2 type i\n", "Found a non-monotonic sequence number")]
    [InlineData("file a/b seq 2 type i\n", "File can't be a path, just a filename")]
    [InlineData("file a seq 2 type x\n", "Unknown AOF file type")]
    public void SaysWhatIsWrong(string text, string reason) =>
        Assert.Equal(reason, Assert.Throws<AofManifestException>(() => AofManifest.Parse(Encoding.Latin1.GetBytes(text))).Message);

    [Fact]
    public void UnitsOfSeveralEffectsAreWhole()
    {
        using var server = new TestServer();
        Recorder recorder = Recorder.Of(server);
        recorder.NotesUnits = true;
        using RespClient client = server.Connect();
        client.Line("MULTI");
        client.Line("SET a 1");
        client.Line("GET a");
        client.Line("INCR a");
        client.Line("EXEC");
        Assert.Equal("[, SET a 1, INCR a, ]", Recorder.Join(recorder.Take(), "effect "));
        client.Line("MULTI");
        client.Line("SET a 1");
        client.Line("EXEC");
        Assert.Equal("SET a 1", Recorder.Join(recorder.Take(), "effect "));
        client.Line("MULTI");
        client.Line("GET a");
        client.Line("EXEC");
        Assert.Equal("", Recorder.Join(recorder.Take(), "effect "));
    }
}
