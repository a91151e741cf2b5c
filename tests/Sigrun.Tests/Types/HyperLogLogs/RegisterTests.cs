using Sigrun.Types.HyperLogLogs;

namespace Sigrun.Tests.Types.HyperLogLogs;

/// <summary>Registers in all their forms, against an array of numbers.</summary>
public sealed class RegisterTests
{
    [Theory]
    [InlineData(1, 63)]
    [InlineData(2, 51)]
    [InlineData(3, 5)]
    public void Dense_registers_keep_what_they_are_given(int seed, int valueMax)
    {
        var random = new Random(seed);
        byte[] dense = new byte[DenseRegisters.Bytes];
        byte[] expected = new byte[DenseRegisters.Count];
        for (int i = 0; i < 100_000; i++)
        {
            int register = random.Next(DenseRegisters.Count);
            expected[register] = (byte)random.Next(valueMax + 1);
            DenseRegisters.Set(dense, register, expected[register]);
        }
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], DenseRegisters.Get(dense, i));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Merging_packing_and_counting_agree_with_single_registers(bool withVectors)
    {
        var random = new Random(7);
        for (int round = 0; round < 20; round++)
        {
            byte[] spread = RandomRegisters(random, 63);
            byte[] expected = [.. spread];
            var group = new DenseGroup();
            for (int count = random.Next(DenseGroup.Size + 1); count > 0; count--)
            {
                byte[] other = RandomRegisters(random, random.Next(1, 64));
                byte[] dense = new byte[DenseRegisters.Bytes];
                DenseRegisters.Pack(dense, other, withVectors);
                for (int i = 0; i < other.Length; i++) Assert.Equal(other[i], DenseRegisters.Get(dense, i));
                expected = [.. expected.Zip(other, Math.Max)];
                group.Add(dense);
            }
            DenseRegisters.MergeInto(spread, group, withVectors);
            Assert.Equal(expected, spread);
            int[] histogram = new int[CardinalityEstimate.HistogramLength];
            CardinalityEstimate.Count(spread, histogram, withVectors);
            for (int value = 0; value < histogram.Length; value++) Assert.Equal(expected.Count(r => r == value), histogram[value]);
        }
    }

    [Theory]
    [InlineData(1, 20, 4)]
    [InlineData(2, 300, 32)]
    [InlineData(3, 4000, 32)]
    [InlineData(4, 4000, 2)]
    [InlineData(5, 12000, 3)]
    public void Sparse_registers_agree_with_an_array_after_every_raise(int seed, int raises, int valueMax)
    {
        var random = new Random(seed);
        byte[] expected = new byte[DenseRegisters.Count];
        byte[] codes = new byte[SparseRegisters.BytesMax];
        SparseRegisters.Empty.CopyTo(codes);
        int length = SparseRegisters.Empty.Length;
        // Registers close to one another join into runs.
        int range = random.Next(2) == 0 ? DenseRegisters.Count : raises / 2 + 1;
        for (int i = 0; i < raises; i++)
        {
            int register = random.Next(range);
            int value = random.Next(1, valueMax + 1);
            Assert.True(SparsePlace.TryFind(codes.AsSpan(0, length), register, out SparsePlace place));
            Assert.Equal(expected[register], place.Run.Value);
            Assert.Equal(NaivePlace(codes.AsSpan(0, length), register), place);
            if (expected[register] >= value) continue;
            var editor = new SparseEditor(codes, length);
            Assert.True(editor.TryRaise(place, register, value, codes.Length));
            length = editor.Length;
            expected[register] = (byte)value;
            if (i % 50 == 0) AssertSame(expected, codes.AsSpan(0, length));
        }
        AssertSame(expected, codes.AsSpan(0, length));
    }

    [Fact]
    public void A_raise_that_takes_too_many_bytes_changes_nothing()
    {
        byte[] codes = [.. SparseRegisters.Empty, 0, 0, 0];
        SparsePlace.TryFind(codes.AsSpan(0, 2), 100, out SparsePlace place);
        var editor = new SparseEditor(codes, 2);
        Assert.False(editor.TryRaise(place, 100, 1, 4));
        Assert.Equal(2, editor.Length);
        Assert.True(editor.TryRaise(place, 100, 1, 5));
        Assert.Equal(5, editor.Length);
    }

    /// <summary>Whatever runs a client has written: no reader leaves the bytes, and all agree on what is whole.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Senseless_runs_are_found_out(int seed)
    {
        var random = new Random(seed);
        byte[] spread = new byte[DenseRegisters.Count];
        byte[] dense = new byte[DenseRegisters.Bytes];
        int[] histogram = new int[CardinalityEstimate.HistogramLength];
        int whole = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] codes = RandomCodes(random);
            bool isWhole = NaiveLength(codes) == DenseRegisters.Count;
            whole += isWhole ? 1 : 0;
            Assert.Equal(isWhole, SparseRegisters.TryMergeInto(spread, codes));
            Assert.Equal(isWhole, SparseRegisters.TryCount(codes, histogram));
            Assert.Equal(isWhole, SparseRegisters.TryMakeDense(dense, codes));
            int register = random.Next(DenseRegisters.Count);
            Assert.Equal(NaivePlace(codes, register), SparsePlace.TryFind(codes, register, out SparsePlace place) ? place : null);
        }
        Assert.InRange(whole, 100, 2900);
    }

    [Theory]
    [InlineData("", 0xD8DFEA6585BC9732UL)]
    [InlineData("a", 0x53D2470A9B43B1A7UL)]
    [InlineData("12345678", 0x95EBB86389132953UL)]
    [InlineData("hello, world and more", 0x848C93CB18BCA2DFUL)]
    public void Elements_are_hashed_as_everywhere(string element, ulong hash) =>
        Assert.Equal(hash, RegisterHash.Murmur64A(System.Text.Encoding.ASCII.GetBytes(element)));

    private static byte[] RandomRegisters(Random random, int valueMax)
    {
        byte[] registers = new byte[DenseRegisters.Count];
        for (int i = 0; i < registers.Length; i++) registers[i] = (byte)random.Next(valueMax + 1);
        return registers;
    }

    private static void AssertSame(byte[] expected, ReadOnlySpan<byte> codes)
    {
        byte[] spread = new byte[DenseRegisters.Count];
        Assert.True(SparseRegisters.TryMergeInto(spread, codes));
        Assert.Equal(expected, spread);
        byte[] dense = new byte[DenseRegisters.Bytes];
        Assert.True(SparseRegisters.TryMakeDense(dense, codes));
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], DenseRegisters.Get(dense, i));
        int[] histogram = new int[CardinalityEstimate.HistogramLength];
        Assert.True(SparseRegisters.TryCount(codes, histogram));
        for (int value = 0; value < histogram.Length; value++) Assert.Equal(expected.Count(r => r == value), histogram[value]);
    }

    private static SparsePlace? NaivePlace(ReadOnlySpan<byte> codes, int register)
    {
        int previous = -1;
        int first = 0;
        for (int at = 0; at < codes.Length;)
        {
            SparseRun run = SparseRun.At(codes, at);
            if (run.Bytes == 0) return null;
            if (register < first + run.Length) return new SparsePlace(at, previous, first, run);
            first += run.Length;
            previous = at;
            at += run.Bytes;
        }
        return null;
    }

    private static long NaiveLength(byte[] codes)
    {
        long registers = 0;
        for (int at = 0; at < codes.Length;)
        {
            SparseRun run = SparseRun.At(codes, at);
            if (run.Bytes == 0) return -1;
            registers += run.Length;
            at += run.Bytes;
        }
        return registers;
    }

    /// <summary>Runs that often, but not always, have the right number of registers in the end.</summary>
    private static byte[] RandomCodes(Random random)
    {
        var codes = new List<byte>();
        int left = DenseRegisters.Count;
        int longOneIn = random.Next(2, 40);
        while (left > 0 && codes.Count < 3000)
        {
            byte code = (byte)random.Next(256);
            if (SparseRun.IsLongZeros(code) && random.Next(longOneIn) > 0) code = (byte)(code & 63);
            Span<byte> bytes = [code, (byte)random.Next(256)];
            SparseRun run = SparseRun.At(bytes, 0);
            if (run.Length > left) break;
            codes.AddRange(bytes[..run.Bytes]);
            left -= run.Length;
        }
        if (left > 0 && random.Next(4) > 0)
        {
            Span<byte> rest = stackalloc byte[2];
            codes.AddRange(rest[..SparseRun.WriteZeros(rest, left)]);
        }
        if (random.Next(4) == 0) codes.Add((byte)random.Next(256));
        return [.. codes];
    }
}
