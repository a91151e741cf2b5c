using System.Buffers.Binary;
using Sigrun.Persistence;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence;

/// <summary>
/// Payloads of DUMP as the reference server makes them: each line of the file has a sample (see <see cref="Samples"/>)
/// and its payload, of a long one the length and the checksum.
/// </summary>
public sealed class ReferencePayloadTests
{
    private static IEnumerable<(string Sample, string Payload)> Lines()
    {
        foreach (string line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Persistence", "reference-payloads.txt")))
        {
            int space = line.IndexOf(' ');
            yield return (line[..space], line[(space + 1)..]);
        }
    }

    [Fact]
    public void Dump_replies_the_same_bytes_and_restore_reads_them()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        foreach ((string sample, string expected) in Lines())
        {
            byte[] value = Samples.Make(sample);
            client.Send("SET"u8.ToArray(), "v"u8.ToArray(), value);
            byte[] payload = client.Send("DUMP", "v").Bytes;
            Assert.Equal((sample, expected), (sample, Describe(payload, expected)));

            Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray()));
            Assert.True(value.AsSpan().SequenceEqual(client.Send("GET", "r").Bytes), sample);
            Assert.Equal(client.Send("OBJECT", "ENCODING", "v").Text, client.Send("OBJECT", "ENCODING", "r").Text);
        }
    }

    [Fact]
    public void Without_compression_only_the_form_differs()
    {
        using var server = new TestServer(settings => settings.Persistence.RdbCompression = false);
        using RespClient client = server.Connect();
        byte[] value = Samples.Make("repeat:1000:61");
        client.Send("SET"u8.ToArray(), "v"u8.ToArray(), value);
        byte[] payload = client.Send("DUMP", "v").Bytes;
        Assert.Equal([0, 0x43, 0xE8, .. value], payload[..^RdbFormat.FooterBytes]);
        Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), payload));
        Assert.Equal(value, client.Send("GET", "r").Bytes);
    }

    private static string Describe(byte[] payload, string like) => like.StartsWith('#')
        ? $"#{payload.Length}:{Convert.ToHexStringLower(payload[^sizeof(ulong)..])}"
        : Convert.ToHexStringLower(payload);

    /// <summary>The checksums in the file are themselves a test of the sum.</summary>
    [Fact]
    public void Checksums_of_the_reference_are_ours()
    {
        foreach ((string sample, string expected) in Lines())
        {
            if (expected.StartsWith('#')) continue;
            byte[] payload = Convert.FromHexString(expected);
            ulong sum = BinaryPrimitives.ReadUInt64LittleEndian(payload.AsSpan(payload.Length - sizeof(ulong)));
            Assert.Equal((sample, sum), (sample, Crc64.Compute(payload.AsSpan(0, payload.Length - sizeof(ulong)))));
        }
    }
}
