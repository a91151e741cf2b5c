using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Storage;
using Sigrun.Storage.Compression;
using Sigrun.Tests.Harness;
using Sigrun.Types;

namespace Sigrun.Tests.Persistence;

/// <summary>Payloads that somebody has damaged: each one is refused or read as something else, at a bounded cost.</summary>
public sealed class HostilePayloadTests : IDisposable
{
    private readonly EngineSettings _settings = new();
    private readonly Heap _heap = new(new HeapOptions { ReserveBytes = 1L << 30 });

    private static readonly string[] Values =
    [
        "text:", "text:bar", "text:12", "text:-32769", "text:9223372036854775807", "noise:1:63:256", "noise:2:64:256",
        "repeat:100:61", "repeat:64:616263", "echo:3:60:40", "noise:4:300:3",
    ];

    public void Dispose() => _heap.Dispose();

    [Fact]
    public void Every_cut_and_every_flipped_bit()
    {
        var payloads = new DumpPayload(new EngineSettings()) { SkipsChecksum = true };
        foreach (string value in Values)
        {
            byte[] payload = PayloadOf(Samples.Make(value));
            foreach (byte[] damaged in DamagedPayloads.CutsAndFlips(payload)) Load(payloads, damaged);
        }
    }

    [Fact]
    public void Damage_by_chance()
    {
        const int Seed = 12;
        var random = new Random(Seed);
        var payloads = new DumpPayload(new EngineSettings()) { SkipsChecksum = true };
        for (int i = 0; i < 4000; i++)
        {
            byte[] payload = PayloadOf(Samples.Make(Values[i % Values.Length]));
            int changes = random.Next(1, 6);
            for (int change = 0; change < changes; change++)
            {
                // The first bytes hold type and lengths, where damage does most.
                int at = random.Next(random.Next(2) == 0 ? Math.Min(12, payload.Length) : payload.Length);
                payload[at] = (byte)(random.Next(3) == 0 ? 0x81 : random.Next(256));
            }
            Load(payloads, payload);
        }
    }

    [Fact]
    public void The_checksum_finds_every_flipped_bit()
    {
        var payloads = new DumpPayload(new EngineSettings());
        byte[] payload = PayloadOf(Samples.Make("echo:3:60:40"));
        Assert.True(payloads.TryVerify(payload, out int version));
        Assert.Equal(RdbFormat.Version, version);
        for (int bit = 0; bit < payload.Length * 8; bit++)
        {
            payload[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(payloads.TryVerify(payload, out _), $"bit {bit}");
            payload[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData("c304817fffffffffffffffe0ff00ff")] // 2^63 - 1 bytes from four
    [InlineData("c304807fffffffe0ff00ff")]
    [InlineData("817fffffffffffffff")]
    [InlineData("8080000000")]
    public void A_huge_length_costs_nothing(string value)
    {
        var payloads = new DumpPayload(new EngineSettings()) { SkipsChecksum = true };
        byte[] payload = [0, .. Convert.FromHexString(value), RdbFormat.Version, 0, .. new byte[sizeof(ulong)]];
        Load(payloads, payload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Load(payloads, payload);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
    }

    [Fact]
    public void A_server_survives_them_all()
    {
        using var server = new TestServer(checking: true);
        using RespClient client = server.Connect();
        server.OnEngine(engine => engine.Dumps.SkipsChecksum = true);
        byte[] payload = PayloadOf(Samples.Make("echo:3:60:40"));
        int refused = 0;
        for (int bit = 0; bit < payload.Length * 8; bit++)
        {
            byte[] damaged = [.. payload];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            RespValue reply = client.Send("RESTORE"u8.ToArray(), "k"u8.ToArray(), "0"u8.ToArray(), damaged, "REPLACE"u8.ToArray());
            if (reply.IsError) refused++;
            else Assert.Equal("+OK", reply);
        }
        Assert.InRange(refused, 20, payload.Length * 8 - 100);
        Assert.Equal("+PONG", client.Line("PING"));
    }

    private static byte[] PayloadOf(byte[] value)
    {
        var writer = new RdbWriter();
        writer.WriteType(RdbType.String);
        writer.WriteString(value);
        writer.WriteUInt16(RdbFormat.Version);
        writer.WriteUInt64(Crc64.Compute(writer.Written));
        return writer.Written.ToArray();
    }

    /// <summary>What RESTORE does up to the first change; anything but a value or a refusal fails the test.</summary>
    private void Load(DumpPayload payloads, ReadOnlySpan<byte> payload)
    {
        if (!payloads.TryVerify(payload, out _)) return;
        try
        {
            RdbReader reader = payloads.Open(payload);
            byte form = reader.ReadByte();
            if (!RdbFormat.IsType(form) || ValueTypes.Of((RdbType)form) is not { } type) return;
            LoadTarget target = new(_heap, _settings, 0, "k"u8, -1);
            type.Load((RdbType)form, ref reader, ref target);
            Assert.InRange(target.Entry.ValueLength, 0, LzfDecompressor.ExpandedMax(payload.Length));
            target.Discard();
        }
        catch (RdbFormatException)
        {
            // Refused, as it should be.
        }
        finally
        {
            payloads.Release();
        }
    }
}
