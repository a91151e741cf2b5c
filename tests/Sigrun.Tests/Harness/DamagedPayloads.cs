using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Tests.Harness;

/// <summary>
/// Does with damaged payloads of a type what RESTORE does up to the first change, and then looks at the value in every
/// way; only a value or a refusal may come out, and nothing may be left over.
/// </summary>
/// <param name="type">The type; what damage makes a payload of another type is passed over.</param>
/// <param name="check">Looks at a value that was read.</param>
internal sealed class DamagedPayloads(EntryType type, Action<Heap, EntryRef> check) : IDisposable
{
    private const int ChanceRounds = 6000;

    private readonly Heap _heap = new(new HeapOptions { Checking = true, MoveOnWrite = true, ReserveBytes = 1L << 30 });
    private readonly EngineSettings _settings = new();

    public void Dispose() => _heap.Dispose();

    /// <summary>Cuts each payload at every place and flips each of its bits.</summary>
    public void CutAndFlip(IEnumerable<byte[]> payloads)
    {
        DumpPayload reader = NewReader();
        foreach (byte[] damaged in payloads.SelectMany(CutsAndFlips)) Load(reader, damaged);
        _heap.AssertEmpty();
    }

    /// <summary>Changes a few bytes at random, thousands of times; the first ones, which hold lengths, most often.</summary>
    public void ChangeByChance(int seed, byte[][] payloads)
    {
        var random = new Random(seed);
        DumpPayload reader = NewReader();
        for (int i = 0; i < ChanceRounds; i++)
        {
            byte[] payload = [.. payloads[i % payloads.Length]];
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                int at = random.Next(random.Next(2) == 0 ? Math.Min(24, payload.Length) : payload.Length);
                payload[at] = (byte)(random.Next(3) == 0 ? 0xFE : random.Next(256));
            }
            Load(reader, payload);
        }
        _heap.AssertEmpty();
    }

    /// <summary>A payload cut at every place, then with each of its bits flipped.</summary>
    public static IEnumerable<byte[]> CutsAndFlips(byte[] payload)
    {
        for (int length = 0; length < payload.Length; length++) yield return payload[..length];
        for (int bit = 0; bit < payload.Length * 8; bit++)
        {
            byte[] damaged = [.. payload];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return damaged;
        }
    }

    private DumpPayload NewReader() => new(_settings) { SkipsChecksum = true };

    private void Load(DumpPayload payloads, ReadOnlySpan<byte> payload)
    {
        if (!payloads.TryVerify(payload, out _)) return;
        LoadTarget target = new(_heap, _settings, 0, "k"u8, -1);
        try
        {
            RdbReader reader = payloads.Open(payload);
            byte form = reader.ReadByte();
            if (!RdbFormat.IsType(form) || ValueTypes.Of((RdbType)form) is not { } found || found != ValueTypes.Of(type)) return;
            found.Load((RdbType)form, ref reader, ref target);
            check(_heap, target.Entry);
            payloads.SavedLength(target.Entry);
        }
        catch (RdbFormatException)
        {
            // Refused, as it should be.
        }
        finally
        {
            target.Discard();
            payloads.Release();
        }
    }
}
